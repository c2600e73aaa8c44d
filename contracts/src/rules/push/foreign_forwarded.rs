use crate::history::Subject;
use crate::protocol::{CommandName, SdkCommandName};
use crate::rules::apps::{commanded, each_app, made};
use crate::rules::batches::{is_hopeful, may_hold, submits};
use crate::rules::pushes::{is_foreign, payload};
use crate::rules::several::each_subject;
use crate::rules::timelines::{CommandRecord, InstallTimeline, carried, each_install};
use crate::rules::tracker::Exchange;
use crate::rules::{Context, Evidence, Finding, Monitor, words};

rule! {
    /// A push that is not the vendor's does not reach the SDK, and moves it to nothing if it does.
    ///
    /// ### What is wrong
    /// The SDK was handed a push of somebody else, and before anything else happened it sent something to the vendor. Or a
    /// push of somebody else arrived at the app, and the app handed it to its SDK.
    ///
    /// ### Why it matters
    /// An app gets pushes all day. If each wakes the SDK, the battery pays for it; and whoever can send the app a push can
    /// drive its SDK.
    ///
    /// ### How it is provoked
    /// The app hands over a push without the vendor's marker, as apps do that forward everything; or such a push is
    /// delivered to the app.
    ///
    /// ### What is right
    /// The app asks the SDK's own test first, and the SDK looks for the vendor's marker and says that the push is none of its
    /// own.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         forward_push {"title": "Two for one on pizza"}
    /// sdk -> vendor      POST /sdk/batches  session#1
    /// ```
    {
        name: "push/foreign-forwarded",
        subjects: [Sdk, App],
        needs: [Push],
        precondition: "a push of somebody else that was handed to an SDK with a user and something to submit, or that arrived at an app that tells what pushes it hands over",
        monitor: |context| each_subject(context, &[(Subject::Sdk, of_sdk), (Subject::App, of_app)]),
    }
}

fn of_sdk(context: &Context<'_>) -> Box<dyn Monitor> {
    each_install(context.lacks_commands(&["forward_push"]), judge)
}

fn of_app(context: &Context<'_>) -> Box<dyn Monitor> {
    each_app(context, &["receive_push", "forward_push"], judge_app)
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    for push in timeline.commands(&[SdkCommandName::ForwardPush]).filter(|command| is_foreign(command)) {
        // A retry that is due may come at any time, with or without a push.
        let is_due = submits(timeline).into_iter().rfind(|submit| submit.opened < push.seq).is_some_and(is_hopeful);
        if is_due {
            continue;
        }
        evidence.exercised += u64::from(push.is_over() && is_tempted(timeline, push));
        let next =
            timeline.commands.iter().find(|command| command.seq > push.seq).map_or(u64::MAX, |command| command.seq);
        let caused = timeline.spoke.iter().find(|exchange| push.seq < exchange.opened && exchange.opened < next);
        if let Some(caused) = caused {
            let called = words::operation(&caused.request);
            let message = format!(
                "the SDK of {} was handed a push that is not the vendor's, and sent {called}",
                timeline.install
            );
            evidence.findings.push(Finding::new(message, [push.seq, caused.opened]));
        }
    }
}

/// Whether an SDK that takes the push for the vendor's would submit something: it has a user, and something to submit. What
/// an SDK collects that is given nothing is unknown.
fn is_tempted(timeline: &InstallTimeline<'_>, push: &CommandRecord) -> bool {
    let before = timeline.spoke.iter().filter(|exchange| exchange.opened < push.seq);
    let in_session =
        |one: &&&Exchange| one.command() == Some(CommandName::CreateUser) || carried(one, "session").next().is_some();
    before.filter(in_session).any(|one| one.is_done()) && may_hold(timeline, push.seq)
}

fn judge_app(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    let foreign = || {
        commanded(timeline, &[SdkCommandName::ReceivePush])
            .filter(|command| is_foreign(command) && command.done().is_some())
    };
    // If a shim does not tell what was handed over, a foreign push can't be told from the vendor's.
    let is_told = made(timeline, &[SdkCommandName::ForwardPush]).all(|command| payload(command).is_some());
    evidence.exercised += foreign().filter(|push| is_told && payload(push).is_some()).count() as u64;
    for handed in made(timeline, &[SdkCommandName::ForwardPush]).filter(|command| payload(command).is_some()) {
        let is_it = |push: &&CommandRecord| push.seq < handed.seq && payload(push) == payload(handed);
        if let Some(push) = foreign().rfind(is_it) {
            let message = format!("the app of {} handed its SDK a push that is not the vendor's", timeline.install);
            evidence.findings.push(Finding::new(message, [push.seq, handed.seq]));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::rules::testing::{Story, create, no_occasion, response, same_occasion, signed_in, submit};

    /// An SDK that is signed in and has an item, and then a push, with the events before its return.
    fn pushed(arguments: Value, what: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of(&["sdk", "sdk:forward_push"]);
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        story.told("phone", SdkCommandName::Record, json!({"id": "i-1"}));
        let push = story.call_of("phone", SdkCommandName::ForwardPush, arguments, None);
        what(&mut story);
        story.returned(push, true);
        story
    }

    fn batch(story: &mut Story) {
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(200));
    }

    #[test]
    fn silence_after_a_foreign_push_holds_and_the_same_one_that_is_answered_is_found() {
        same_occasion(&RULE, &pushed(json!({"foreign": true}), |_| {}), &pushed(json!({"foreign": true}), batch));
        let mut nobody = Story::of(&["sdk", "sdk:forward_push"]);
        nobody.told("phone", SdkCommandName::ForwardPush, json!({"foreign": true}));
        no_occasion(&RULE, &nobody);
    }

    #[test]
    fn a_request_upon_a_foreign_push_is_found() {
        let message = "the SDK of phone was handed a push that is not the vendor's, and sent submit_batch";
        assert_eq!(pushed(json!({"foreign": true}), batch).findings(&RULE), [(message.to_owned(), vec![5, 6])]);
    }

    #[test]
    fn the_vendors_own_push_and_later_commands_are_not_judged() {
        assert_eq!(pushed(json!({}), batch).passed(&RULE), 0);
        let mut later = pushed(json!({"foreign": true}), |_| {});
        later.told("phone", SdkCommandName::Advance, json!({"by_ms": 60_000}));
        batch(&mut later);
        assert_eq!(later.passed(&RULE), 1);
    }

    #[test]
    fn an_app_that_keeps_a_foreign_push_to_itself_holds_and_one_that_hands_it_over_is_found() {
        let foreign = json!({"payload": {"title": "Two for one on pizza"}, "foreign": true});
        let mut story = Story::of_app(&["receive_push", "forward_push"]);
        let push = story.call_of("phone", SdkCommandName::ReceivePush, foreign.clone(), None);
        story.returned(push, true);
        assert_eq!(story.passed(&RULE), 1);
        let push = story.call_of("phone", SdkCommandName::ReceivePush, foreign, None);
        story.made("phone", SdkCommandName::ForwardPush, json!({"payload": {"sender": "acme"}}), Some(true));
        assert_eq!(story.passed(&RULE), 1);
        story.made(
            "phone",
            SdkCommandName::ForwardPush,
            json!({"payload": {"title": "Two for one on pizza"}}),
            Some(true),
        );
        story.returned(push, true);
        let message = "the app of phone handed its SDK a push that is not the vendor's";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![3, 6])]);
    }

    #[test]
    fn the_same_push_that_an_app_hands_over_is_found_if_its_shim_tells() {
        let received = |forwarded: Value| {
            let foreign = json!({"payload": {"title": "Two for one on pizza"}, "foreign": true});
            let mut story = Story::of_app(&["receive_push", "forward_push"]);
            let push = story.call_of("phone", SdkCommandName::ReceivePush, foreign, None);
            story.made("phone", SdkCommandName::ForwardPush, forwarded, Some(true));
            story.returned(push, true);
            story
        };
        let right = received(json!({"payload": {"sender": "acme"}}));
        same_occasion(&RULE, &right, &received(json!({"payload": {"title": "Two for one on pizza"}})));
        no_occasion(&RULE, &received(json!({})));
    }

    #[test]
    fn a_retry_that_is_due_is_no_answer_to_a_push() {
        let mut story = Story::of(&["sdk", "sdk:forward_push"]);
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(503));
        story.call_of("phone", SdkCommandName::ForwardPush, json!({"foreign": true}), None);
        batch(&mut story);
        assert_eq!(story.passed(&RULE), 0);
    }
}
