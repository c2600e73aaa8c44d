//! Who made a call to the vendor: a client backend, or an SDK.

use crate::history::{Leg, Request, Subject};

/// Who made a call to the vendor; nothing on the other legs.
pub(crate) fn sender(request: &Request) -> Option<Subject> {
    match request.leg {
        Leg::SdkToVendor => Some(Subject::Sdk),
        // A URL of its own says that an install spoke, even where it asked for what is not an SDK's.
        Leg::BackendToVendor if request.install.is_some() => Some(Subject::Sdk),
        Leg::BackendToVendor => Some(Subject::ClientBackend),
        _ => None,
    }
}

/// True if it was one of those who are under test.
pub(crate) fn is_of(subjects: &[Subject], request: &Request) -> bool {
    sender(request).is_some_and(|sender| subjects.contains(&sender))
}

/// The same as a finding calls it; an SDK speaks for its install.
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
    fn an_install_speaks_for_its_sdk_whatever_it_asks() {
        let stolen = Request { install: Some("phone".to_owned()), ..issue("a-1") };
        let nameless = request(Leg::SdkToVendor, "/sdk");
        let callers = [issue("a-1"), create("phone", "credential#1"), stolen, nameless].map(|call| caller(&call));
        assert_eq!(callers, ["the client backend", "the SDK of phone", "the SDK of phone", "the SDK"]);
        assert_eq!(sender(&request(Leg::AppToBackend, "/in")), None);
    }
}
