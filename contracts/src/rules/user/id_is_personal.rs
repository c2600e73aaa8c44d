use crate::history::{Placeholder, Request, Subject};
use crate::protocol::{Field, SdkCommandName};
use crate::rules::apps::{made, over_apps};
use crate::rules::each_call::{CallVerdict, each_call_of};
use crate::rules::several::each_subject;
use crate::rules::timelines::InstallTimeline;
use crate::rules::{Context, Evidence, Finding, Monitor, words};

rule! {
    /// The id under which the vendor knows a user tells nothing about the person.
    ///
    /// ### What is wrong
    /// The client backend, or the app by its SDK, names a user to the vendor by an e-mail address, a phone number, or a plain
    /// MD5, SHA-1 or SHA-256 of one. Whatever looks like an e-mail address counts, whether it is known or not.
    ///
    /// ### Why it matters
    /// The vendor keeps the id with all that it collects, and writes it into logs and exports. A hash without a secret hides
    /// nothing: whoever has a list of addresses or counts through all numbers finds the one that was hashed. And when the
    /// person gets another address, the id is wrong or the user is lost.
    ///
    /// ### How it is provoked
    /// Standin knows the personal values of the users, in their usual spellings, and the hashes of these in hex and base64;
    /// each call to the vendor that has an id is looked at. An id that the contract doesn't even allow is the affair of
    /// `user/id-invalid`.
    ///
    /// ### What is right
    /// An id that was drawn by chance and is kept in the client's own system, or a hash of the user with a secret key.
    ///
    /// ### Example
    /// ```text
    /// backend -> vendor  POST /auth {"id": "email_hash#alice"}      <- the SHA-256 of alice's address
    /// ```
    {
        name: "user/id-is-personal",
        subjects: [ClientBackend, App],
        needs: [],
        precondition: "a call of the client backend to the vendor with an external id, or an app that hands its SDK one",
        on_wire: true,
        monitor: |context| each_subject(context, &[(Subject::ClientBackend, of_backend), (Subject::App, of_app)]),
    }
}

fn of_backend(context: &Context<'_>) -> Box<dyn Monitor> {
    each_call_of(&[Subject::ClientBackend], context.lacks_personal(), judge)
}

fn of_app(context: &Context<'_>) -> Box<dyn Monitor> {
    let blind = context.lacks_personal();
    over_apps(context, &["create_user"], move |joined| {
        let mut evidence = Evidence { not_testable: blind.clone(), ..Evidence::default() };
        joined.timelines().iter().for_each(|timeline| judge_app(timeline, &mut evidence));
        evidence
    })
}

/// The kinds of placeholders that an id must not contain, each with its name in findings.
const KINDS: [(&str, &str); 4] = [
    ("email", "an e-mail address"),
    ("phone", "a phone number"),
    ("email_hash", "the plain hash of an e-mail address"),
    ("phone_hash", "the plain hash of a phone number"),
];

fn judge(request: &Request) -> CallVerdict {
    let id = request.step.as_ref().and_then(|step| step.text(&Field::ExternalId));
    let Some(id) = id else { return CallVerdict::Unconcerned };
    let known = request.placeholders.iter().find_map(|placeholder| {
        Some((placeholder, kind(placeholder)?)).filter(|_| words::names(id, &placeholder.label))
    });
    let is = known.map(|(placeholder, kind)| format!("{kind}, {}", placeholder.label)).or_else(|| address(id));
    CallVerdict::told(is.map(|is| {
        format!("the client backend's call of {} has an external_id that is {is}", words::operation(request))
    }))
}

fn judge_app(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    for create in made(timeline, &[SdkCommandName::CreateUser]) {
        let Some(id) = create.text("user_id") else { continue };
        let is = labelled(id).or_else(|| address(id));
        evidence.exercised += u64::from(evidence.not_testable.is_none() || is.is_some());
        if let Some(is) = is {
            let message = format!("the app of {} had its user created under a user_id that is {is}", timeline.install);
            evidence.findings.push(Finding::new(message, [create.seq]));
        }
    }
}

/// The known personal value in an argument, by the label that replaced it.
fn labelled(id: &str) -> Option<String> {
    KINDS.iter().find_map(|(kind, said)| {
        let (before, user) = id.split_once(&format!("{kind}#"))?;
        let user: String = user.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
        let is_apart = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        is_apart.then(|| format!("{said}, {kind}#{user}"))
    })
}

fn address(id: &str) -> Option<String> {
    looks_like_an_address(id).then(|| "what looks like an e-mail address".to_owned())
}

fn kind(placeholder: &Placeholder) -> Option<&'static str> {
    KINDS.iter().find(|(kind, _)| *kind == placeholder.kind()).map(|(_, words)| *words)
}

fn looks_like_an_address(id: &str) -> bool {
    let Some((name, host)) = id.rsplit_once('@') else { return false };
    let domain = host.split_once('.').is_some_and(|(first, rest)| !first.is_empty() && !rest.is_empty());
    domain && !name.is_empty() && !id.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::testing::{Story, app, issue, no_occasion, same_occasion, wish};

    fn found(id: &str) -> Vec<String> {
        let mut story = Story::new();
        story.send(issue(id));
        story.findings(&RULE).into_iter().map(|(message, _)| message).collect()
    }

    fn handed(id: &str) -> Story {
        let mut story = Story::of_app(&["create_user"]);
        story.made("phone", SdkCommandName::CreateUser, json!({"user_id": id}), Some(true));
        story
    }

    #[test]
    fn the_same_call_with_a_personal_id_is_found() {
        let called = |id: &str| {
            let mut story = Story::new();
            story.send(issue(id));
            story
        };
        same_occasion(&RULE, &called("a-1"), &called("email#alice"));
        same_occasion(&RULE, &handed("a-1"), &handed("email#alice"));
    }

    #[test]
    fn an_app_whose_id_tells_nothing_holds() {
        assert_eq!(handed("u4m9t2kx7q0ehw6zr1vd").passed(&RULE), 1);
        assert_eq!(handed("c0phone#alice7").passed(&RULE), 1);
    }

    #[test]
    fn an_app_whose_id_is_personal_is_found() {
        let ids = [
            ("email#alice", "an e-mail address, email#alice"),
            ("phone_hash#alice", "the plain hash of a phone number, phone_hash#alice"),
            ("user-email#new-3", "an e-mail address, email#new-3"),
            ("carol@example.org", "what looks like an e-mail address"),
        ];
        for (id, is) in ids {
            let message = format!("the app of phone had its user created under a user_id that is {is}");
            assert_eq!(handed(id).findings(&RULE), [(message, vec![1])]);
        }
    }

    #[test]
    fn an_app_that_hands_over_a_credential_shows_no_id() {
        let mut story = Story::of_app(&["create_user"]);
        story.made("phone", SdkCommandName::CreateUser, json!({"credential": "credential#1"}), Some(true));
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn an_id_that_tells_nothing_holds() {
        let mut story = Story::new();
        story.hand_out("alice", "a-1", "credential#1");
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn an_id_that_is_a_known_value_or_the_hash_of_one_is_found() {
        let what = |is| [format!("the client backend's call of issue_credential has an external_id that is {is}")];
        assert_eq!(found("email#alice"), what("an e-mail address, email#alice"));
        assert_eq!(found("phone#alice"), what("a phone number, phone#alice"));
        assert_eq!(found("user-email_hash#alice"), what("the plain hash of an e-mail address, email_hash#alice"));
        assert_eq!(found("phone_hash#bob"), what("the plain hash of a phone number, phone_hash#bob"));
    }

    #[test]
    fn an_id_in_the_form_of_an_address_is_found() {
        assert_eq!(found("carol@example.org").len(), 1);
    }

    #[test]
    fn an_id_that_only_resembles_one_holds() {
        for id in ["@alice", "alice@home", "a b@example.org", "@example.org", "a.b", "c0phone#alice7"] {
            assert_eq!(found(id), [""; 0], "{id}");
        }
    }

    #[test]
    fn personal_values_elsewhere_in_the_call_are_not_this_rules_affair() {
        let mut story = Story::new();
        story.send(Request { target: "/auth?for=email#alice".to_owned(), ..issue("a-1") });
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_malformed_call_and_one_of_the_app_show_no_id() {
        let mut story = Story::new();
        let mut call = issue("email#alice");
        let step = call.step.as_mut().unwrap();
        step.fields.clear();
        step.malformed = Some("`/id`: too long".to_owned());
        story.send(call);
        story.send(app(wish("alice")));
        no_occasion(&RULE, &story);
    }

    #[test]
    fn where_nobody_is_known_a_clean_id_proves_nothing() {
        let mut story = Story::of(&["call:credential"]);
        story.send(issue("a-1"));
        let reason = "the configuration tells nothing personal of its users, so it would not be recognised";
        let evidence = story.evidence(&RULE);
        assert_eq!((evidence.exercised, evidence.not_testable.as_deref()), (0, Some(reason)));
        story.send(issue("carol@example.org"));
        assert_eq!(story.evidence(&RULE).findings.len(), 1);
    }
}
