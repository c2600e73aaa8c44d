use crate::protocol::ReplyName;
use crate::rules::deliveries::{Attempt, Deliveries, of_deliveries};
use crate::rules::window::Window;
use crate::rules::{Evidence, Finding};

rule! {
    /// The receiver of webhooks turns away whoever doesn't show what it was given, and takes nothing from them.
    ///
    /// ### What is wrong
    /// A post, or the vendor's question which app the receiver is for, comes without credentials or with wrong ones, and is not
    /// met with the refusal that the contract gives. Where the contract gives none, 401 and 403 will both do. Or it is
    /// refused, and what it delivered is taken all the same.
    ///
    /// ### Why it matters
    /// The receiver's address is no secret. Without the check anybody can tell the backend what its users did.
    ///
    /// ### How it is provoked
    /// Messages about each user come without credentials, with another user name, and with another password; and with
    /// credentials that no receiver can make sense of, which make many a check throw: no base64, no colon, another scheme,
    /// nothing at all, two headers, thousands of characters. Those may be refused with any status. The probe is asked before and
    /// after. The receiver's GET is tried with the same. Credentials that were good before are not tried, since a run has one
    /// pair.
    ///
    /// ### What is right
    /// User name and password are compared before the body is looked at, on every method. A check that fails is a refusal.
    ///
    /// ### Example
    /// ```text
    /// vendor  -> backend  POST /webhook   Authorization: Basic <the right user, another password>
    /// backend -> vendor   200                                             <- taken
    /// ```
    {
        name: "webhook/unauthenticated",
        needs: [Webhook],
        precondition: "a message or a GET of the vendor with credentials that are absent or wrong, and its answer",
        monitor: |context| of_deliveries(context.lacks_webhook(), judge),
    }
}

fn judge(deliveries: &Deliveries) -> Evidence {
    let unauthenticated: Vec<&Attempt> = deliveries.attempts.iter().filter(|attempt| !attempt.is_valid()).collect();
    let answered = unauthenticated.iter().filter(|attempt| attempt.answer.is_some());
    let let_in = answered.filter(|attempt| !is_refused(attempt)).map(|attempt| met(attempt));
    let windows = deliveries.windows();
    let effects = windows.iter().filter(|window| is_by_unauthenticated(window) && window.has_changed()).map(effect);
    Evidence {
        // An attempt that reached nobody shows nothing.
        exercised: unauthenticated.iter().filter(|attempt| attempt.answer.is_some()).count() as u64,
        findings: let_in.chain(effects).collect(),
        ..Evidence::default()
    }
}

/// Whether the receiver refused an attempt. What can't be read may be refused with any status, and by any layer.
fn is_refused(attempt: &Attempt) -> bool {
    if attempt.delivery.credentials.are_garbled() {
        return attempt.answer.as_ref().is_none_or(|answer| !(200..300).contains(&answer.status));
    }
    let reply = attempt.answer.as_ref().and_then(|answer| answer.reply);
    reply.is_some_and(|reply| reply.is_about_key() || reply == ReplyName::ProofWrong)
}

fn is_by_unauthenticated(window: &Window<'_>) -> bool {
    !window.attempts.is_empty() && window.attempts.iter().all(|attempt| !attempt.is_valid()) && window.killed.is_none()
}

fn met(attempt: &Attempt) -> Finding {
    let shown = attempt.delivery.credentials.as_str();
    let message = format!("a {} with {shown} was met with {}", attempt.method, attempt.met());
    Finding::new(message, attempt.events())
}

fn effect(window: &Window<'_>) -> Finding {
    let message = format!("messages about {} that came with wrong credentials had an effect", window.user);
    Finding::new(message, window.events())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Credentials, What};
    use crate::rules::testing::{Story, delivered, no_occasion, probed, same_occasion};

    fn unauthenticated(story: &mut Story, credentials: Credentials, status: u16, reply: Option<ReplyName>) {
        let mut request = delivered("alice", 1);
        request.delivery.as_mut().unwrap().credentials = credentials;
        story.deliver(request, status, reply);
    }

    #[test]
    fn a_refusal_of_each_holds() {
        let mut story = Story::new();
        unauthenticated(&mut story, Credentials::Absent, 401, Some(ReplyName::KeyMissing));
        unauthenticated(&mut story, Credentials::WrongPassword, 403, Some(ReplyName::ProofWrong));
        assert_eq!(story.passed(&RULE), 2);
    }

    #[test]
    fn the_same_message_that_is_taken_is_found() {
        let answered = |status: u16, reply: ReplyName| {
            let mut story = Story::new();
            unauthenticated(&mut story, Credentials::Absent, status, Some(reply));
            story
        };
        same_occasion(&RULE, &answered(401, ReplyName::KeyMissing), &answered(200, ReplyName::MessageKept));
    }

    #[test]
    fn a_sender_that_is_let_in_or_refused_otherwise_is_found() {
        let mut story = Story::new();
        unauthenticated(&mut story, Credentials::WrongPassword, 200, Some(ReplyName::MessageKept));
        unauthenticated(&mut story, Credentials::Absent, 403, None);
        let found = story.findings(&RULE);
        assert_eq!(found[0], ("a POST with another password was met with status 200".to_owned(), vec![1, 2]));
        assert_eq!(found[1], ("a POST with no credentials was met with status 403".to_owned(), vec![3, 4]));
    }

    #[test]
    fn an_effect_in_spite_of_a_refusal_is_found() {
        let mut story = Story::new();
        probed(&mut story, "alice", "1");
        unauthenticated(&mut story, Credentials::WrongUser, 401, Some(ReplyName::KeyUnknown));
        probed(&mut story, "alice", "2");
        let message = "messages about alice that came with wrong credentials had an effect";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![2, 3, 4, 6])]);
    }

    #[test]
    fn what_reached_nobody_had_no_effect() {
        let mut story = Story::new();
        probed(&mut story, "alice", "1");
        let mut request = delivered("alice", 1);
        request.delivery.as_mut().unwrap().credentials = Credentials::WrongUser;
        let exchange = story.send(request);
        story.event(What::SendFailed { exchange, why: "Connection refused".to_owned(), unreached: true });
        probed(&mut story, "alice", "2");
        no_occasion(&RULE, &story);
    }

    #[test]
    fn garbled_credentials_may_be_refused_with_any_status_and_let_nobody_in() {
        for credentials in Credentials::GARBLED {
            for (status, found) in [(400, 0), (401, 0), (431, 0), (500, 0), (200, 1), (204, 1)] {
                let mut story = Story::new();
                unauthenticated(&mut story, credentials, status, None);
                let evidence = story.evidence(&RULE);
                assert_eq!((evidence.exercised, evidence.findings.len()), (1, found), "{credentials:?}, {status}");
            }
        }
    }

    #[test]
    fn conforming_messages_show_nothing() {
        let mut story = Story::new();
        story.deliver(delivered("alice", 1), 200, Some(ReplyName::MessageKept));
        no_occasion(&RULE, &story);
    }
}
