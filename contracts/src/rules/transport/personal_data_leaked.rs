use std::collections::BTreeSet;

use serde_json::Value;

use crate::history::{Placeholder, Request, Step, Subject};
use crate::protocol::Field;
use crate::rules::each_call::{CallVerdict, each_call_of};
use crate::rules::words;

rule! {
    /// What is personal about a user goes to the vendor in the fields that its contract gives for it, and nowhere else.
    ///
    /// ### What is wrong
    /// An e-mail address, a phone number, a name of six characters or more, or a plain MD5, SHA-1 or SHA-256 of one, stands in
    /// a call to the vendor where the contract has no field for it: in the URL, in a header, in another member of the body.
    ///
    /// ### Why it matters
    /// Nobody agreed that the vendor gets it, and nobody at the vendor knows that it is there: it stays in access logs and
    /// traces, and no request to erase a person ever reaches it. A hash without a secret can be tried out, and tells the same.
    ///
    /// ### How it is provoked
    /// Standin knows the personal values of the users, in their usual spellings, and the hashes of these in hex and base64;
    /// every call of the backend is searched for them, in any encoding. An SDK is told nothing personal in a run, so there is
    /// nothing that it could leak, and its calls are not judged. A user's id that is personal is the affair of
    /// `user/id-is-personal`, and a call that breaks the contract that of `transport/schema-broken`.
    ///
    /// ### What is right
    /// Only what the contract asks for is sent, in its place. Debug headers, labels and free texts name users by their ids.
    ///
    /// ### Example
    /// ```text
    /// backend -> vendor  POST /auth {"id": "a-1"}
    ///                    from: email#alice                  <- the contract has no such field
    /// ```
    {
        name: "transport/personal-data-leaked",
        needs: [],
        precondition: "a call of the client backend to the vendor that keeps to the contract",
        on_wire: true,
        monitor: |context| each_call_of(&[Subject::ClientBackend], context.lacks_personal(), judge),
    }
}

const KINDS: [&str; 6] = ["email", "phone", "name", "email_hash", "phone_hash", "name_hash"];

fn judge(request: &Request) -> CallVerdict {
    let Some(step) = request.step.as_ref().filter(|step| step.malformed.is_none()) else {
        return CallVerdict::Unconcerned;
    };
    let personal: Vec<&Placeholder> =
        request.placeholders.iter().filter(|placeholder| KINDS.contains(&placeholder.kind())).collect();
    let labels: BTreeSet<&str> = personal.iter().map(|placeholder| placeholder.label.as_str()).collect();
    let times = |label: &&str| personal.iter().filter(|placeholder| placeholder.label == **label).count();
    let leaked: Vec<_> = labels.into_iter().filter(|label| times(label) > allowed(step, label)).collect();
    let placeholders = personal.iter().copied().filter(|placeholder| leaked.contains(&placeholder.label.as_str()));
    let told = (!leaked.is_empty()).then(|| {
        let (called, placeholders) = (words::operation(request), words::placeholders(placeholders));
        format!("the client backend's call of {called} has {placeholders}, outside the fields that its contract gives for it")
    });
    CallVerdict::told(told)
}

/// The number of times a value may occur in the call: once for each contract field that holds it. Another rule judges
/// a personal id, wherever else it occurs.
fn allowed(step: &Step, label: &str) -> usize {
    if step.text(&Field::ExternalId).is_some_and(|id| id.contains(label)) {
        return usize::MAX;
    }
    let personal = step.fields.iter().filter(|(name, _)| name.starts_with("personal."));
    personal.filter_map(|(_, value)| Value::as_str(value)).filter(|text| words::names(text, label)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, body, issue, no_occasion, same_occasion};

    /// A call with this body, and with the e-mail address in the contract's field for it.
    fn call(text: &str) -> Request {
        let mut call = issue("a-1");
        call.body = Some(body(text));
        let fields = &mut call.step.as_mut().unwrap().fields;
        fields.insert(Field::PersonalEmail.to_string(), "email#alice".into());
        call
    }

    fn found(request: Request) -> Vec<String> {
        let mut story = Story::new();
        story.send(request);
        story.findings(&RULE).into_iter().map(|(message, _)| message).collect()
    }

    #[test]
    fn a_value_in_the_field_that_is_for_it_holds() {
        let mut story = Story::new();
        story.send(call(r#"{"id":"a-1","email":"email#alice"}"#));
        story.send(issue("b-1"));
        assert_eq!(story.passed(&RULE), 2);
    }

    #[test]
    fn the_same_call_with_a_value_beside_its_field_is_found() {
        let called = |text: &str| {
            let mut story = Story::new();
            story.send(call(text));
            story
        };
        let right = called(r#"{"id":"a-1","email":"email#alice"}"#);
        same_occasion(&RULE, &right, &called(r#"{"id":"a-1","email":"email#alice","label":"email#alice"}"#));
        no_occasion(&RULE, &Story::new());
    }

    #[test]
    fn a_value_that_stands_elsewhere_too_is_found() {
        let twice = call(r#"{"id":"a-1","email":"email#alice","label":"email#alice"}"#);
        assert_eq!(
            found(twice),
            ["the client backend's call of issue_credential has email#alice in the body, outside the fields that its \
              contract gives for it"]
        );
    }

    #[test]
    fn a_value_or_hash_in_url_or_header_is_found() {
        for label in ["email#bob", "phone#alice", "name#alice", "email_hash#alice", "name_hash#alice"] {
            let mut header = issue("a-1");
            header.headers.push(("x-user".to_owned(), label.to_owned()));
            assert_eq!(found(header).len(), 1, "{label}");
            assert_eq!(found(Request { target: format!("/auth?for={label}"), ..issue("a-1") }).len(), 1, "{label}");
        }
    }

    #[test]
    fn a_short_name_and_a_login_prove_nothing() {
        for label in ["short_name#alice", "login#alice"] {
            assert_eq!(found(Request { target: format!("/auth?for={label}"), ..issue("a-1") }), [""; 0], "{label}");
        }
    }

    #[test]
    fn a_personal_id_and_a_malformed_call_are_the_affair_of_others() {
        let mut story = Story::new();
        story.send(Request { target: "/auth?id=email#alice".to_owned(), ..issue("email#alice") });
        assert_eq!(story.passed(&RULE), 1);
        let mut malformed = call(r#"{"mail":"email#alice"}"#);
        let step = malformed.step.as_mut().unwrap();
        step.fields.clear();
        step.malformed = Some("`id` is required".to_owned());
        assert_eq!(found(malformed), [""; 0]);
    }

    #[test]
    fn where_nobody_is_known_it_is_not_testable() {
        let mut story = Story::of(&["call:credential"]);
        story.send(issue("a-1"));
        let evidence = story.evidence(&RULE);
        assert_eq!((evidence.exercised, evidence.not_testable.is_some()), (0, true));
    }
}
