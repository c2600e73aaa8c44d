use crate::history::Request;
use crate::protocol::Field;
use crate::rules::each_call::{CallVerdict, each_call_of};
use crate::rules::sender::caller;
use crate::rules::words;

rule! {
    /// Every call to the vendor keeps to the paths, parameters, shapes and media types of the vendor's contract.
    ///
    /// ### What is wrong
    /// The client backend or the SDK calls a path or method that the contract doesn't have, or one that it has with parameters,
    /// a body or a content type that break the contract's schema.
    ///
    /// ### Why it matters
    /// A vendor that reads such a call today reads it by luck; its next release need not.
    ///
    /// ### How it is provoked
    /// Every call is read by the contract, whatever its key. A call in which nothing is wrong but the user's
    /// id is the affair of `user/id-invalid`.
    ///
    /// ### What is right
    /// What the contract asks for, as the contract spells it. Members beyond it are fine unless the contract closes the
    /// object.
    ///
    /// ### Example
    /// ```text
    /// backend -> vendor  POST /auth
    ///                    {"userId": "a-1"}                <- the contract calls it id
    /// vendor -> backend  400
    /// ```
    {
        name: "transport/schema-broken",
        subjects: [ClientBackend, Sdk],
        needs: [],
        precondition: "a call to the vendor in which something else than the user's id could be wrong",
        on_wire: true,
        blind_without: [("sdk:record", "requests with data"), ("sdk:grant", "reports of permissions")],
        monitor: |context| each_call_of(context.subjects, None, judge),
    }
}

fn judge(request: &Request) -> CallVerdict {
    let is_another = request.step.as_ref().is_some_and(|step| step.is_malformed_in(&Field::ExternalId));
    let is_unread = request.operation.is_some() && request.step.is_none();
    if is_another || is_unread { CallVerdict::Unconcerned } else { CallVerdict::told(offence(request)) }
}

fn offence(request: &Request) -> Option<String> {
    let (caller, called) = (caller(request), words::operation(request));
    if request.operation.is_none() {
        return Some(format!("{caller} called {called}, which is no operation of the vendor's contract"));
    }
    let malformed = request.step.as_ref()?.malformed.as_deref()?;
    Some(format!("{caller}'s call of {called} breaks the contract: {malformed}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Leg, Subject};
    use crate::rules::Evidence;
    use crate::rules::testing::{Story, app, create, issue, no_occasion, request, same_occasion, wish};

    #[test]
    fn a_call_that_the_contract_knows_holds() {
        let mut story = Story::new();
        story.hand_out("alice", "a-1", "credential#1");
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn the_same_call_that_breaks_the_contract_is_found() {
        let called = |malformed: Option<&str>| {
            let mut call = issue("a-1");
            call.step.as_mut().unwrap().malformed = malformed.map(str::to_owned);
            let mut story = Story::new();
            story.send(call);
            story
        };
        same_occasion(&RULE, &called(None), &called(Some("`id` is required")));
        let mut unread = Story::new();
        unread.send(Request { step: None, ..issue("a-1") });
        no_occasion(&RULE, &unread);
    }

    #[test]
    fn a_malformed_call_is_found_with_what_is_wrong() {
        let mut story = Story::new();
        let mut call = issue("a-1");
        call.step.as_mut().unwrap().malformed = Some("`id` is required".to_owned());
        story.send(call);
        let message = "the client backend's call of issue_credential breaks the contract: `id` is required";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1])]);
    }

    #[test]
    fn a_call_with_a_bad_id_and_nothing_else_is_the_affair_of_another_rule() {
        let mut story = Story::new();
        let mut call = issue("a-1");
        let step = call.step.as_mut().unwrap();
        step.malformed = Some("`/id`: too long".to_owned());
        step.malformed_field = Some("external_id".to_owned());
        story.send(call);
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn a_call_of_nothing_is_found() {
        let mut story = Story::new();
        story.send(request(Leg::BackendToVendor, "/auht"));
        let message = "the client backend called POST /auht, which is no operation of the vendor's contract";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1])]);
    }

    #[test]
    fn an_sdks_calls_are_judged_like_a_backends() {
        let mut story = Story::new();
        story.send(create("phone", "credential#1"));
        assert_eq!(story.passed(&RULE), 1);
        let mut call = create("phone", "credential#1");
        call.step.as_mut().unwrap().malformed = Some("`code` is required".to_owned());
        story.send(call);
        story.send(request(Leg::SdkToVendor, "/nowhere"));
        let called = "the SDK of phone's call of create_user breaks the contract: `code` is required".to_owned();
        let nowhere = "the SDK called POST /nowhere, which is no operation of the vendor's contract".to_owned();
        assert_eq!(story.findings(&RULE), [(called, vec![2]), (nowhere, vec![3])]);
    }

    #[test]
    fn calls_of_others_than_those_under_test_are_not_judged() {
        let mut story = Story::new();
        story.send(app(wish("alice")));
        story.send(request(Leg::SdkToVendor, "/nowhere"));
        assert_eq!(story.evidence_about(&RULE, &[Subject::ClientBackend]), Evidence::default());
    }
}
