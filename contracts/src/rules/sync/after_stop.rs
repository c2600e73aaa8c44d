use crate::history::Subject;
use crate::protocol::SdkCommandName;
use crate::rules::apps::{commanded, each_app, made};
use crate::rules::batches::{batch_id, ids, may_hold, submits};
use crate::rules::several::each_subject;
use crate::rules::timelines::{CommandRecord, InstallTimeline, each_install};
use crate::rules::tracker::Exchange;
use crate::rules::work::LIFTING;
use crate::rules::{Context, Evidence, Finding, Monitor};

rule! {
    /// What was told to sync no more submits nothing until it is told otherwise.
    ///
    /// ### What is wrong
    /// The app stopped its SDK's syncs, reset it or had its user forgotten, and that was done. Later a batch went to the
    /// vendor, though nobody had asked for one since. Or the app's user logged out, and the app started syncs or asked for
    /// one while nobody was logged in.
    ///
    /// ### Why it matters
    /// The person was promised that nothing is collected any more. It is the promise that reviewers, regulators and the
    /// person's own battery hold an app to.
    ///
    /// ### How it is provoked
    /// Syncs are stopped, and the SDK is reset, while the queue is full and a retry is due, and hours pass. What else is sent
    /// with a session that a reset ended is the affair of `session/used-after-end`, and what an app does that is started again
    /// after a reset that of `user/state-not-cleared`.
    ///
    /// ### What is right
    /// Stopping cancels every timer, of rounds and of retries. A batch that had begun before may run out: one that arrives at
    /// the same moment is not judged, unless something shows that it began later. To start syncs, to
    /// sync at once, to hand over a push or to ask for a user begins anew.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         stop_sync
    /// sdk -> app         done
    /// sdk -> vendor      POST /sdk/batches  session#1                  <- a retry that was due
    /// ```
    {
        name: "sync/after-stop",
        subjects: [Sdk, App],
        needs: [SubmitBatch],
        precondition: "an SDK that was told to stop while it had been syncing and that held something to submit, or an app whose user logged out, and time that passed",
        monitor: |context| each_subject(context, &[(Subject::Sdk, of_sdk), (Subject::App, of_app)]),
    }
}

fn of_sdk(context: &Context<'_>) -> Box<dyn Monitor> {
    each_install(context.lacks_commands(&["stop_sync"]), judge)
}

fn of_app(context: &Context<'_>) -> Box<dyn Monitor> {
    each_app(context, &["log_in", "log_out", "start_sync"], judge_app)
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    for stop in timeline.commands(&[SdkCommandName::StopSync, SdkCommandName::Reset, SdkCommandName::Forget]) {
        let Some(done) = stop.done() else { continue };
        let until = lifted(timeline, stop);
        let was_syncing = submits(timeline).iter().any(|submit| submit.opened < done)
            || timeline.was_told(&[SdkCommandName::StartSync], 0, stop.seq);
        let had_time = timeline.was_told(&[SdkCommandName::Advance, SdkCommandName::Quiesce], done, until)
            && may_hold(timeline, until);
        let is_late = |submit: &&Exchange| {
            (done..until).contains(&submit.opened) && has_begun_after(timeline, stop, done, submit)
        };
        let late = submits(timeline).into_iter().find(is_late);
        evidence.exercised += u64::from(was_syncing && had_time || late.is_some());
        if let Some(late) = late.filter(|late| !is_told(timeline, stop, late.opened)) {
            let message = format!(
                "the SDK of {} submitted a batch after {} was done, and nobody had asked for it since",
                timeline.install, stop.call.name
            );
            evidence.findings.push(Finding::new(message, [stop.seq, done, late.opened]));
        }
    }
}

fn judge_app(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    for log_out in commanded(timeline, &[SdkCommandName::LogOut]) {
        let Some(done) = log_out.done() else { continue };
        let until = commanded(timeline, &[SdkCommandName::LogIn])
            .find(|command| command.seq > done)
            .map_or(u64::MAX, |command| command.seq);
        let was_syncing = made(timeline, &[SdkCommandName::StartSync]).any(|command| command.seq < log_out.seq);
        let mut passed = commanded(timeline, &[SdkCommandName::Advance, SdkCommandName::Launch, SdkCommandName::Open]);
        let had_time = passed.any(|command| done < command.seq && command.seq < until);
        let again = made(timeline, &[SdkCommandName::StartSync, SdkCommandName::SyncNow])
            .find(|command| done < command.seq && command.seq < until);
        evidence.exercised += u64::from(was_syncing && had_time || again.is_some());
        if let Some(again) = again {
            let (install, name) = (&timeline.install, again.call.name);
            let message = format!("the app of {install} asked for {name} after its user had logged out");
            evidence.findings.push(Finding::new(message, [done, again.seq]));
        }
    }
}

/// Whether a batch had surely not begun when the stop was done. One that comes at the same moment may have been on its way,
/// unless a further command was carried out before it, or it holds what there was not yet: an item that was recorded
/// since, or a further try of a batch that was answered since.
fn has_begun_after(timeline: &InstallTimeline<'_>, stop: &CommandRecord, done: u64, late: &Exchange) -> bool {
    let is_over = |command: &&CommandRecord| {
        done < command.seq && command.returned.as_ref().is_some_and(|(seq, _)| *seq < late.opened)
    };
    let is_new =
        |record: &CommandRecord| record.seq > done && record.text("id").is_some_and(|id| ids(late).contains(id));
    let is_tried_before = |one: &Exchange| {
        one.opened < late.opened && one.ended_after(done) && batch_id(one).is_some() && batch_id(one) == batch_id(late)
    };
    stop.ended.is_none_or(|ended| !late.began.may_have_crossed(ended))
        || timeline.commands.iter().any(is_over)
        || timeline.commands(&[SdkCommandName::Record]).any(is_new)
        || submits(timeline).into_iter().any(is_tried_before)
}

/// The place until which a stop applies. After a reset, another rule judges what a restarted app does.
fn lifted(timeline: &InstallTimeline<'_>, stop: &CommandRecord) -> u64 {
    let ends =
        |names| timeline.commands(names).map(|command| command.seq).find(|seq| *seq > stop.seq).unwrap_or(u64::MAX);
    if stop.call.name == SdkCommandName::StopSync {
        ends(LIFTING)
    } else {
        ends(LIFTING).min(ends(&[SdkCommandName::Launch]))
    }
}

/// Whether an earlier stop that still applies has already reported this batch.
fn is_told(timeline: &InstallTimeline<'_>, stop: &CommandRecord, late: u64) -> bool {
    let stops = &[SdkCommandName::StopSync, SdkCommandName::Reset, SdkCommandName::Forget];
    let mut earlier = timeline.commands(stops).filter(|command| command.seq < stop.seq);
    earlier.any(|command| command.done().is_some_and(|done| done < late) && late < lifted(timeline, command))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::testing::{Story, no_occasion, response, same_occasion, submit};

    /// A batch, a second later.
    fn batch(story: &mut Story) {
        story.pass(1000);
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(200));
    }

    fn stopped() -> Story {
        let mut story = Story::of(&["sdk", "sdk:stop_sync"]);
        batch(&mut story);
        story.told("phone", SdkCommandName::StopSync, json!({}));
        story
    }

    /// An app that had been syncing, whose user logged out, and that is opened again.
    fn logged_out(what: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of_app(&["log_in", "log_out", "start_sync"]);
        story.does("phone", SdkCommandName::LogIn, Some("alice"), |story| {
            story.made("phone", SdkCommandName::StartSync, json!({}), Some(true));
        });
        story.does("phone", SdkCommandName::LogOut, None, |story| {
            story.made("phone", SdkCommandName::StopSync, json!({}), Some(true));
        });
        story.does("phone", SdkCommandName::Open, None, what);
        story
    }

    #[test]
    fn an_app_that_starts_no_syncs_without_user_holds() {
        assert_eq!(logged_out(|_| {}).passed(&RULE), 1);
    }

    #[test]
    fn an_app_that_syncs_without_user_is_found_until_somebody_logs_in() {
        let story = logged_out(|story| story.made("phone", SdkCommandName::SyncNow, json!({}), Some(false)));
        let message = "the app of phone asked for sync_now after its user had logged out";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![8, 10])]);
        let mut story = logged_out(|_| {});
        story.does("phone", SdkCommandName::LogIn, Some("bob"), |story| {
            story.made("phone", SdkCommandName::StartSync, json!({}), Some(true));
        });
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn silence_for_a_while_holds() {
        let mut story = stopped();
        story.told("phone", SdkCommandName::Advance, json!({"by_ms": 86_400_000}));
        assert_eq!(story.passed(&RULE), 1);
        no_occasion(&RULE, &stopped());
    }

    #[test]
    fn the_same_stop_after_which_a_batch_comes_is_found() {
        let waited = |items: &[&str], late: bool| {
            let mut story = Story::of(&["sdk", "sdk:stop_sync"]);
            story.told("phone", SdkCommandName::Record, json!({"id": "i-1"}));
            story.told("phone", SdkCommandName::Record, json!({"id": "i-2"}));
            story.call(submit("phone", "session#1", "b-1", items), response(200));
            story.told("phone", SdkCommandName::StopSync, json!({}));
            story.told("phone", SdkCommandName::Advance, json!({"by_ms": 86_400_000}));
            if late {
                story.call(submit("phone", "session#1", "b-2", &["i-2"]), response(200));
            }
            story
        };
        same_occasion(&RULE, &waited(&["i-1"], false), &waited(&["i-1"], true));
        no_occasion(&RULE, &waited(&["i-1", "i-2"], false));
        let asks = |story: &mut Story| story.made("phone", SdkCommandName::SyncNow, json!({}), Some(false));
        same_occasion(&RULE, &logged_out(|_| {}), &logged_out(asks));
    }

    #[test]
    fn a_batch_after_the_stop_is_found() {
        let mut story = stopped();
        batch(&mut story);
        batch(&mut story);
        let message = "the SDK of phone submitted a batch after stop_sync was done, and nobody had asked for it since";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![3, 4, 5])]);
    }

    #[test]
    fn a_batch_at_the_same_moment_is_found_only_if_it_surely_began_later() {
        let at_once = |before: &[&str], then: &dyn Fn(&mut Story)| {
            let mut story = Story::of(&["sdk", "sdk:stop_sync"]);
            for id in before {
                story.told("phone", SdkCommandName::Record, json!({"id": id}));
            }
            let open = story.send(submit("phone", "session#1", "b-1", &["i-1"]));
            story.told("phone", SdkCommandName::StopSync, json!({}));
            story.answer(open, response(503));
            then(&mut story);
            story
        };
        let sends = |story: &mut Story, batch| story.call(submit("phone", "session#1", batch, &["i-2"]), response(200));
        no_occasion(&RULE, &at_once(&["i-1", "i-2"], &|story| sends(story, "b-2")));
        let retried = at_once(&["i-1", "i-2"], &|story| sends(story, "b-1"));
        let asked = at_once(&["i-1", "i-2"], &|story| {
            story.told("phone", SdkCommandName::State, json!({}));
            sends(story, "b-2");
        });
        let recorded = at_once(&["i-1"], &|story| {
            story.call_of("phone", SdkCommandName::Record, json!({"id": "i-2"}), None);
            sends(story, "b-2");
        });
        for story in [retried, asked, recorded] {
            assert_eq!(story.findings(&RULE).len(), 1);
        }
    }

    #[test]
    fn a_sync_that_was_asked_for_at_the_same_time_may_come_after_the_stop() {
        let both = |first, second| {
            let mut story = Story::of(&["sdk", "sdk:stop_sync"]);
            batch(&mut story);
            let commands: Vec<u64> =
                [first, second].map(|name| story.call_of("phone", name, json!({}), None)).into_iter().collect();
            for command in commands {
                story.returned(command, true);
            }
            batch(&mut story);
            story
        };
        assert_eq!(both(SdkCommandName::SyncNow, SdkCommandName::StopSync).findings(&RULE), []);
        assert_eq!(both(SdkCommandName::StopSync, SdkCommandName::SyncNow).findings(&RULE), []);
        assert_eq!(both(SdkCommandName::StopSync, SdkCommandName::Grant).findings(&RULE).len(), 1);
    }

    #[test]
    fn what_had_begun_and_what_is_asked_for_hold() {
        let mut story = Story::of(&["sdk", "sdk:stop_sync"]);
        let stop = story.call_of("phone", SdkCommandName::StopSync, json!({}), None);
        let open = story.send(submit("phone", "session#1", "b-1", &["i-1"]));
        story.returned(stop, true);
        story.answer(open, response(200));
        story.told("phone", SdkCommandName::SyncNow, json!({}));
        batch(&mut story);
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn a_batch_after_a_reset_or_forget_is_found_until_the_app_starts_anew() {
        for command in [SdkCommandName::Reset, SdkCommandName::Forget] {
            let mut story = Story::of(&["sdk", "sdk:stop_sync"]);
            story.told("phone", command, json!({}));
            batch(&mut story);
            assert_eq!(story.findings(&RULE).len(), 1);
            let mut started = Story::of(&["sdk", "sdk:stop_sync"]);
            started.told("phone", command, json!({}));
            started.told("phone", SdkCommandName::Launch, json!({}));
            batch(&mut started);
            assert_eq!(started.passed(&RULE), 0);
        }
    }

    #[test]
    fn two_stops_tell_of_one_batch_once() {
        let mut story = stopped();
        story.told("phone", SdkCommandName::StopSync, json!({}));
        batch(&mut story);
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn an_adapter_that_cannot_stop_makes_it_not_testable() {
        let reason = "the adapter does not have the capability `stop_sync`";
        assert_eq!(Story::of(&["sdk"]).evidence(&RULE).not_testable.as_deref(), Some(reason));
    }
}
