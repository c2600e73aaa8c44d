use std::collections::BTreeSet;

use crate::history::Subject;
use crate::protocol::{CommandName, SdkCommandName};
use crate::rules::apps::{commanded, each_app, made};
use crate::rules::several::each_subject;
use crate::rules::timelines::{CommandRecord, InstallTimeline, carried, each_install, given, whose};
use crate::rules::tracker::Exchange;
use crate::rules::{Context, Evidence, Finding, Monitor, words};

rule! {
    /// After a reset, a later start of the app knows nothing of the user who was there.
    ///
    /// ### What is wrong
    /// The app reset its SDK or had its user forgotten, and that was done. After the next start of the app the SDK used a
    /// session from before, or signed the old user in again, though nobody had asked for it. Or the app's user logged out, and
    /// the app neither reset its SDK nor had the user forgotten.
    ///
    /// ### Why it matters
    /// Whoever picks the device up next is taken for the one who left. A reset that only empties the memory is none.
    ///
    /// ### How it is provoked
    /// The SDK is reset, and its app killed and started again on the same storage; and an app's user logs out. What happens
    /// before the next start is the affair of `session/used-after-end`.
    ///
    /// ### What is right
    /// Sessions, credentials, queues and the user's id leave the storage before the reset is said to be done. To end the
    /// session and to erase the user it may still be used.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         reset
    /// app -> sdk         kill, launch
    /// sdk -> vendor      POST /sdk/batches  session#1                  <- still there
    /// ```
    {
        name: "user/state-not-cleared",
        subjects: [Sdk, App],
        needs: [CreateUser],
        precondition: "a turn of an SDK, which had a user and was reset, after the next start of its app, or a user of the app who logs out",
        monitor: |context| each_subject(context, &[(Subject::Sdk, of_sdk), (Subject::App, of_app)]),
    }
}

fn of_sdk(context: &Context<'_>) -> Box<dyn Monitor> {
    each_install(context.lacks_commands(&["reset"]), judge)
}

fn of_app(context: &Context<'_>) -> Box<dyn Monitor> {
    each_app(context, &["log_in", "log_out", "create_user", "reset"], judge_app)
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    for reset in timeline.commands(&[SdkCommandName::Reset, SdkCommandName::Forget]) {
        let Some(done) = reset.done() else { continue };
        let Some(launch) = timeline.commands(&[SdkCommandName::Launch]).find(|command| command.seq > done) else {
            continue;
        };
        let is_before = |one: &&Exchange| one.opened < done && !is_of_the_next(timeline, reset, one);
        let before: Vec<_> = timeline.spoke.iter().copied().filter(is_before).collect();
        let sessions: BTreeSet<_> = before.iter().flat_map(|exchange| given(exchange, "session")).collect();
        let old = timeline.calls(CommandName::CreateUser).rfind(|create| is_before(create) && create.is_done());
        let Some(old) = old.filter(|_| !sessions.is_empty()) else { continue };
        evidence.exercised += u64::from(timeline.had_turn(launch.seq, u64::MAX));
        let again = timeline.spoke.iter().copied().filter(|exchange| exchange.opened > launch.seq).find(|exchange| {
            let is_ending = matches!(exchange.command(), Some(CommandName::EndSession | CommandName::EraseUser));
            let uses_old = carried(exchange, "session").any(|label| sessions.contains(label)) && !is_ending;
            let is_create = exchange.command() == Some(CommandName::CreateUser) && exchange.is_done();
            let is_asked = timeline.was_told(&[SdkCommandName::CreateUser], reset.seq, exchange.opened);
            uses_old || is_create && !is_asked && whose(exchange) == whose(old)
        });
        let is_told = |opened: u64| evidence.findings.iter().any(|finding: &Finding| finding.events.contains(&opened));
        if let Some(again) = again.filter(|again| !is_told(again.opened)) {
            let message = format!(
                "the SDK of {} acted as its old user with {} after a {} and another start of its app",
                timeline.install,
                words::operation(&again.request),
                reset.call.name
            );
            evidence.findings.push(Finding::new(message, [done, launch.seq, again.opened]));
        }
    }
}

/// Whether a creation was asked for after a reset had begun, though the reset may have returned later.
fn is_of_the_next(timeline: &InstallTimeline<'_>, reset: &CommandRecord, one: &Exchange) -> bool {
    let is_create = one.command() == Some(CommandName::CreateUser);
    is_create && timeline.command_for(one).is_some_and(|command| command.seq > reset.seq)
}

/// Commands that end the time in which an app has to reset its SDK.
const NEXT: &[SdkCommandName] =
    &[SdkCommandName::LogIn, SdkCommandName::Launch, SdkCommandName::Open, SdkCommandName::Kill];

fn judge_app(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    let leaving = &[SdkCommandName::Reset, SdkCommandName::Forget];
    for log_out in commanded(timeline, &[SdkCommandName::LogOut]).filter(|command| command.done().is_some()) {
        let Some(create) = made(timeline, &[SdkCommandName::CreateUser]).rfind(|command| command.seq < log_out.seq)
        else {
            continue;
        };
        let is_free = made(timeline, leaving).any(|command| create.seq < command.seq && command.seq < log_out.seq);
        if create.done().is_none() || is_free {
            continue;
        }
        evidence.exercised += 1;
        let until =
            commanded(timeline, NEXT).find(|command| command.seq > log_out.seq).map_or(u64::MAX, |command| command.seq);
        if !made(timeline, leaving).any(|command| log_out.seq < command.seq && command.seq < until) {
            let message =
                format!("the user of the app of {} logged out, and the app left its SDK as it was", timeline.install);
            evidence.findings.push(Finding::new(message, [create.seq, log_out.seq]));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::testing::{Story, create, no_occasion, response, same_occasion, signed_in, submit};

    fn story(what: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of(&["sdk", "sdk:reset"]);
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        story.told("phone", SdkCommandName::Reset, json!({}));
        story.told("phone", SdkCommandName::Launch, json!({}));
        what(&mut story);
        story
    }

    /// An app whose user logs in and out, and then the app's calls.
    fn logged_out(then: &[SdkCommandName]) -> Story {
        let mut story = Story::of_app(&["log_in", "log_out", "create_user", "reset"]);
        story.does("phone", SdkCommandName::LogIn, Some("alice"), |story| {
            story.made("phone", SdkCommandName::CreateUser, json!({}), Some(true));
        });
        story.does("phone", SdkCommandName::LogOut, None, |story| {
            for name in then {
                story.made("phone", *name, json!({}), Some(true));
            }
        });
        story
    }

    #[test]
    fn an_app_that_resets_or_forgets_at_logout_holds() {
        assert_eq!(logged_out(&[SdkCommandName::StopSync, SdkCommandName::Reset]).passed(&RULE), 1);
        assert_eq!(logged_out(&[SdkCommandName::Forget]).passed(&RULE), 1);
        same_occasion(&RULE, &logged_out(&[SdkCommandName::Reset]), &logged_out(&[]));
    }

    #[test]
    fn an_app_that_leaves_its_sdk_as_it_was_is_found() {
        let message = "the user of the app of phone logged out, and the app left its SDK as it was";
        for then in [&[][..], &[SdkCommandName::StopSync]] {
            assert_eq!(logged_out(then).findings(&RULE), [(message.to_owned(), vec![2, 5])]);
        }
    }

    #[test]
    fn an_app_that_resets_too_late_is_found_and_one_without_a_user_is_not_judged() {
        let mut late = logged_out(&[]);
        late.does("phone", SdkCommandName::LogIn, Some("bob"), |story| {
            story.made("phone", SdkCommandName::Reset, json!({}), Some(true));
        });
        assert_eq!(late.findings(&RULE).len(), 1);
        let mut nobody = Story::of_app(&["log_in", "log_out", "create_user", "reset"]);
        nobody.does("phone", SdkCommandName::LogOut, None, |_| {});
        assert_eq!(nobody.passed(&RULE), 0);
    }

    #[test]
    fn a_start_that_knows_nobody_holds_and_the_same_one_that_does_is_found() {
        let asked = |story: &mut Story| story.told("phone", SdkCommandName::SyncNow, json!({}));
        let wrong = story(|story| {
            asked(story);
            story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(401));
        });
        same_occasion(&RULE, &story(asked), &wrong);
        no_occasion(&RULE, &story(|_| {}));
    }

    #[test]
    fn a_session_from_before_is_found() {
        let story = story(|story| story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(401)));
        let message =
            "the SDK of phone acted as its old user with submit_batch after a reset and another start of its app";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![4, 5, 7])]);
    }

    #[test]
    fn the_old_user_signed_in_unasked_is_found() {
        let story = story(|story| story.call(create("phone", "credential#2"), signed_in("5a18", "session#2")));
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn the_same_user_holds_if_the_app_asks_for_it() {
        let story = story(|story| {
            let command = story.call_of("phone", SdkCommandName::CreateUser, json!({}), Some("alice"));
            story.call(create("phone", "credential#2"), signed_in("5a18", "session#2"));
            story.returned(command, true);
        });
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_sign_in_at_the_same_time_as_the_reset_may_come_after_it() {
        let both = |session: &str| {
            let mut story = Story::of(&["sdk", "sdk:reset"]);
            story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
            let arguments = json!({"credential": "credential#2"});
            let asked = story.call_of("phone", SdkCommandName::CreateUser, arguments, Some("alice"));
            let open = story.send(create("phone", "credential#2"));
            story.told("phone", SdkCommandName::Reset, json!({}));
            story.answer(open, signed_in("5a18", "session#2"));
            story.returned(asked, true);
            story.told("phone", SdkCommandName::Launch, json!({}));
            story.call(submit("phone", session, "b-1", &["i-1"]), response(200));
            story
        };
        assert_eq!(both("session#2").findings(&RULE), []);
        assert_eq!(both("session#1").findings(&RULE).len(), 1);
    }

    #[test]
    fn an_sdk_that_had_no_user_shows_nothing() {
        let mut story = Story::of(&["sdk", "sdk:reset"]);
        story.told("phone", SdkCommandName::Reset, json!({}));
        story.told("phone", SdkCommandName::Launch, json!({}));
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn the_next_user_may_be_asked_for_before_the_reset_returns() {
        let mut story = Story::of(&["sdk", "sdk:reset"]);
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        let reset = story.call_of("phone", SdkCommandName::Reset, json!({}), None);
        let command =
            story.call_of("phone", SdkCommandName::CreateUser, json!({"credential": "credential#2"}), Some("bob"));
        let open = story.send(create("phone", "credential#2"));
        story.returned(reset, true);
        story.answer(open, signed_in("9c07", "session#2"));
        story.returned(command, true);
        story.told("phone", SdkCommandName::Launch, json!({}));
        story.call(submit("phone", "session#2", "b-1", &["i-1"]), response(200));
        assert_eq!(story.passed(&RULE), 1);
    }
}
