use crate::rules::redemptions::{each_redeemer, redemptions};
use crate::rules::timelines::InstallTimeline;
use crate::rules::{Evidence, Finding, words};

rule! {
    /// A credential that was redeemed is never sent again.
    ///
    /// ### What is wrong
    /// The SDK heard how the redemption of a credential ended: it was signed in, or refused for good. Later it sent the same
    /// credential again, though the app had not handed it over anew.
    ///
    /// ### Why it matters
    /// A credential serves once. What is sent again is refused at best; at worst the vendor takes it for stolen and ends the
    /// session that it led to. And what is still there to be sent again can be stolen.
    ///
    /// ### How it is provoked
    /// Redemptions succeed and are refused; the app is killed and started again afterwards. A process that died before its app
    /// heard of the answer may not have read it, and is not judged. A credential that was refused because it is
    /// no good any more is the affair of `credential/stale-retry`.
    ///
    /// ### What is right
    /// The SDK forgets a credential with the first answer that decides. As long as there was none, it may try again.
    ///
    /// ### Example
    /// ```text
    /// sdk -> vendor      POST /sdk/users  {"code": "credential#1"}
    /// vendor -> sdk      200
    /// sdk -> vendor      POST /sdk/users  {"code": "credential#1"}      <- after a restart
    /// ```
    {
        name: "credential/reused",
        subjects: [Sdk],
        needs: [IssueCredential],
        precondition: "a redemption by the SDK whose answer decides, other than that the credential is no good, and then a turn of the SDK: a request of it, or a command",
        blind_without: [("sdk:sync_now", "after a refused session")],
        monitor: |context| each_redeemer(context.lacks_sight(), judge),
    }
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    for redemption in redemptions(timeline).into_iter().filter(|redemption| !redemption.is_stale()) {
        evidence.exercised += u64::from(timeline.had_turn(redemption.heard, u64::MAX));
        let Some(again) = redemption.again else { continue };
        let message = format!(
            "the SDK of {} sent {} again with {}, after the vendor had answered its redemption with {}",
            timeline.install,
            redemption.credential,
            words::operation(&again.request),
            words::reply(redemption.answer)
        );
        let proof = [redemption.create.opened, redemption.heard, again.opened];
        evidence.findings.push(Finding::new(message, proof));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::Fate;
    use crate::history::Response;
    use crate::protocol::{ReplyName, SdkCommandName};
    use crate::rules::testing::{Story, create, no_occasion, refused, response, same_occasion, signed_in, submit};
    use crate::rules::timelines::InstallTimelines;
    use crate::rules::{Context, Joined};

    fn story(answers: Vec<Response>) -> Story {
        let mut story = Story::new();
        for answer in answers {
            story.call(create("phone", "credential#1"), answer);
        }
        story
    }

    #[test]
    fn one_redemption_holds_and_the_same_one_that_is_repeated_is_found() {
        let then = |request: crate::history::Request| {
            let mut story = story(vec![signed_in("5a18", "session#1")]);
            story.call(request, response(401));
            story
        };
        let batch = submit("phone", "session#1", "b-1", &["i-1"]);
        let again = submit("phone", "credential#1", "b-1", &["i-1"]);
        same_occasion(&RULE, &then(batch), &then(again));
        no_occasion(&RULE, &story(vec![signed_in("5a18", "session#1")]));
    }

    #[test]
    fn trying_again_until_an_answer_decides_holds() {
        let lost = Response { fate: Fate::Lost, ..signed_in("5a18", "session#1") };
        let mut story =
            story(vec![lost, refused(ReplyName::Unavailable), response(200), signed_in("5a18", "session#2")]);
        story.told("phone", SdkCommandName::Quiesce, json!({}));
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_credential_that_is_sent_again_after_success_or_refusal_is_found() {
        let message = |how: &str| {
            format!(
                "the SDK of phone sent credential#1 again with create_user, after the vendor had answered its redemption with {how}"
            )
        };
        let twice = story(vec![signed_in("5a18", "session#1"), refused(ReplyName::CredentialSpent)]);
        assert_eq!(twice.findings(&RULE), [(message("user_created"), vec![1, 2, 3])]);
        let refused = story(vec![response(400), response(400)]);
        assert_eq!(refused.findings(&RULE), [(message("400"), vec![1, 2, 3])]);
    }

    #[test]
    fn a_credential_that_is_carried_to_another_call_is_found() {
        let mut story = story(vec![signed_in("5a18", "session#1")]);
        story.call(submit("phone", "credential#1", "b-1", &["i-1"]), response(401));
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn what_the_app_hands_over_twice_is_not_the_sdks_mistake() {
        let mut story = story(vec![signed_in("5a18", "session#1")]);
        story.told("phone", SdkCommandName::CreateUser, json!({"credential": "credential#1"}));
        story.call(create("phone", "credential#1"), refused(ReplyName::CredentialSpent));
        assert_eq!(story.passed(&RULE), 1);
    }

    /// A redemption that succeeds, a kill before or after the app hears of it, and the same credential after the next
    /// start.
    fn killed(before_return: bool) -> Story {
        let mut story = Story::new();
        let command =
            story.call_of("phone", SdkCommandName::CreateUser, json!({"credential": "credential#1"}), Some("alice"));
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        if !before_return {
            story.returned(command, true);
        }
        story.told("phone", SdkCommandName::Kill, json!({}));
        if before_return {
            story.returned(command, false);
        }
        story.told("phone", SdkCommandName::Launch, json!({}));
        story.call(create("phone", "credential#1"), refused(ReplyName::CredentialSpent));
        story
    }

    #[test]
    fn a_credential_that_comes_again_after_a_crash_is_found() {
        assert_eq!(killed(false).findings(&RULE)[0].1, [2, 3, 9]);
    }

    #[test]
    fn a_process_that_died_with_the_answer_may_not_have_read_it() {
        assert_eq!(killed(true).passed(&RULE), 0);
    }

    #[test]
    fn a_credential_that_was_no_good_is_the_affair_of_another_rule() {
        let expired = || refused(ReplyName::CredentialExpired);
        assert_eq!(story(vec![expired(), expired()]).passed(&RULE), 0);
    }

    #[test]
    fn another_credential_and_another_install_are_not_judged_with_it() {
        let mut story = story(vec![signed_in("5a18", "session#1")]);
        story.call(create("phone", "credential#2"), signed_in("5a18", "session#2"));
        story.call(create("tablet", "credential#1"), refused(ReplyName::CredentialSpent));
        assert_eq!(story.passed(&RULE), 1, "after the second redemption nothing happens");
    }

    #[test]
    fn a_credential_that_comes_again_is_told_at_once() {
        let mut monitor =
            (RULE.monitor)(&Context { users: &[], capabilities: &[], subjects: RULE.subjects, contract: None });
        let mut story = story(vec![signed_in("5a18", "session#1")]);
        story.send(create("phone", "credential#1"));
        let (mut timelines, mut told) = (InstallTimelines::default(), Vec::new());
        for event in &story.events {
            timelines.observe(event);
            monitor.observe(event);
            if monitor.is_due() {
                monitor.look(&Joined::of(&timelines));
            }
            told.push(monitor.found().map(<[Finding]>::len));
        }
        assert_eq!(told, [Some(0), Some(0), Some(1)]);
        let found = monitor.found().map(<[Finding]>::to_vec);
        assert_eq!(found, Some(monitor.finish(&Joined::of(&timelines)).findings));
    }
}
