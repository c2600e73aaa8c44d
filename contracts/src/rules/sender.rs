//! The sender of a call to the vendor: a client backend or an SDK.

use crate::history::{Leg, Request, Subject};

/// The sender of a call to the vendor. `None` on the other legs.
pub(crate) fn sender(request: &Request) -> Option<Subject> {
    match request.leg {
        Leg::SdkToVendor => Some(Subject::Sdk),
        // A call with an install's own URL comes from an SDK, even if the operation is not one of an SDK's.
        Leg::BackendToVendor if request.install.is_some() => Some(Subject::Sdk),
        Leg::BackendToVendor => Some(Subject::ClientBackend),
        _ => None,
    }
}

/// Whether a subject under test sent the call.
pub(crate) fn is_of(subjects: &[Subject], request: &Request) -> bool {
    sender(request).is_some_and(|sender| subjects.contains(&sender))
}

/// The sender as findings name it. An SDK is named by its install.
pub(crate) fn caller(request: &Request) -> String {
    match (sender(request), &request.install) {
        (Some(Subject::Sdk), Some(install)) => format!("the SDK of {install}"),
        (Some(Subject::Sdk), None) => "the SDK".to_owned(),
        _ => "the client backend".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{create, issue, request};

    #[test]
    fn an_install_speaks_for_its_sdk_in_any_request() {
        let stolen = Request { install: Some("phone".to_owned()), ..issue("a-1") };
        let nameless = request(Leg::SdkToVendor, "/sdk");
        let callers = [issue("a-1"), create("phone", "credential#1"), stolen, nameless].map(|call| caller(&call));
        assert_eq!(callers, ["the client backend", "the SDK of phone", "the SDK of phone", "the SDK"]);
        assert_eq!(sender(&request(Leg::AppToBackend, "/in")), None);
    }
}
