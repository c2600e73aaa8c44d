use serde_json::Value;

use crate::protocol::{CommandName, Millis, SdkCommandName};
use crate::rules::batches::{ids, is_hopeful, submits};
use crate::rules::closed_categories::closed;
use crate::rules::pace::Pace;
use crate::rules::pushes::is_foreign;
use crate::rules::timelines::{CommandRecord, InstallTimeline, each_install};
use crate::rules::tracker::Exchange;
use crate::rules::work::Habits;
use crate::rules::{Evidence, Finding};

rule! {
    /// A push of the vendor makes an SDK submit what it has.
    ///
    /// ### What is wrong
    /// The vendor's push was handed to an SDK that was signed in, online, and held something that it had accepted and never
    /// submitted. Nothing kept it from a round, and ten seconds later it had not begun one.
    ///
    /// ### Why it matters
    /// A vendor wakes installs that it has not heard of for long, since their system has put them to sleep. An SDK that
    /// takes the push and does nothing stays asleep until its app is opened some day, and the vendor pays for pushes in vain.
    ///
    /// ### How it is provoked
    /// Something is recorded, and a push is handed over. Not judged is an SDK that had been pushed shortly before, was told
    /// to stop, waits after a failure, or was refused since it signed in.
    ///
    /// ### What is right
    /// The push begins a round at once, unless one is under way.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         record (i-1)
    /// app -> sdk         forward_push
    ///                    (an hour passes, and nothing comes)
    /// ```
    {
        name: "push/wake-unanswered",
        subjects: [Sdk],
        needs: [Push],
        precondition: "a push to an SDK that has something to submit, and then ten seconds of its time in which nothing disturbs it",
        monitor: |context| {
            let habits = Habits::of(context);
            let lack = context.lacks_commands(&["forward_push", "record", "advance"]);
            each_install(lack, move |timeline, evidence| judge(timeline, habits, evidence))
        },
    }
}

/// The time within which an SDK has to begin a round.
const SOON: Millis = Millis::from_secs(10);
/// Commands that may keep an SDK from a round, or make it begin one anyway.
const DISTURBING: &[SdkCommandName] = &[
    SdkCommandName::Kill,
    SdkCommandName::Launch,
    SdkCommandName::Reset,
    SdkCommandName::Forget,
    SdkCommandName::StopSync,
    SdkCommandName::Network,
    SdkCommandName::CreateUser,
    SdkCommandName::Grant,
];

/// The commands that start and stop syncs.
const SWITCHES: &[SdkCommandName] =
    &[SdkCommandName::StartSync, SdkCommandName::StopSync, SdkCommandName::Reset, SdkCommandName::Forget];

fn judge(timeline: &InstallTimeline<'_>, habits: Habits, evidence: &mut Evidence) {
    for push in timeline.commands(&[SdkCommandName::ForwardPush]).filter(|command| !is_foreign(command)) {
        let Some(item) = waiting(timeline, push.seq).filter(|_| is_awake(timeline, push, habits)) else { continue };
        // Any request counts, since an SDK may have to renew its session first.
        let spoke = timeline.spoke.iter().find(|exchange| exchange.opened > push.seq);
        let in_time = spoke.is_some_and(|exchange| habits.pace.between(push.began, exchange.began) < SOON);
        if !has_had_time(timeline, push, habits.pace) {
            continue;
        }
        evidence.exercised += 1;
        if !in_time {
            let message = format!(
                "the SDK of {} held {} and was woken by a push, and submitted nothing",
                timeline.install, item.1
            );
            evidence.findings.push(Finding::new(message, [item.0, push.seq]));
        }
    }
}

/// The first item that was accepted and not submitted before `place`, with the place where it was recorded.
fn waiting<'l>(timeline: &InstallTimeline<'l>, place: u64) -> Option<(u64, &'l str)> {
    let now = closed(timeline, place);
    // An item whose category was denied when it was recorded may have been dropped.
    let is_open = |command: &&CommandRecord| {
        let category = command.text("category").unwrap_or_default();
        !now.contains_key(category) && !closed(timeline, command.seq).contains_key(category)
    };
    let submitted = |id: &str| submits(timeline).iter().any(|submit| submit.opened < place && ids(submit).contains(id));
    let kept =
        timeline.commands(&[SdkCommandName::Record]).filter(|command| was_accepted(command, place)).filter(is_open);
    let emptied =
        timeline.commands(&[SdkCommandName::Reset, SdkCommandName::Forget]).rfind(|command| command.seq < place);
    let since = emptied.map_or(0, |command| command.seq);
    let items =
        kept.filter(|command| command.seq > since).filter_map(|command| Some((command.seq, command.text("id")?)));
    items.into_iter().find(|(_, id)| !submitted(id))
}

fn was_accepted(record: &CommandRecord, place: u64) -> bool {
    let Some((seq, result)) = &record.returned else { return false };
    *seq < place && result.success && result.value.get("accepted").and_then(Value::as_bool) == Some(true)
}

/// Whether nothing known kept the SDK from a round at the time of the push.
fn is_awake(timeline: &InstallTimeline<'_>, push: &CommandRecord, habits: Habits) -> bool {
    let last = |names| timeline.commands(names).rfind(|command| command.seq < push.seq);
    let runs = last(&[SdkCommandName::Launch, SdkCommandName::Kill])
        .is_some_and(|command| command.call.name == SdkCommandName::Launch);
    let online = last(&[SdkCommandName::Network])
        .is_none_or(|command| command.call.arguments.get("online").and_then(Value::as_bool) != Some(false));
    // A `start_sync` that failed starts nothing.
    let switched = timeline.commands(SWITCHES).rfind(|command| command.seq < push.seq && command.done().is_some());
    let is_stopped = switched.is_some_and(|command| command.call.name != SdkCommandName::StartSync);
    let earlier = timeline
        .commands(&[SdkCommandName::ForwardPush])
        .filter(|command| !is_foreign(command) && command.seq < push.seq);
    let pushed =
        earlier.into_iter().any(|command| habits.pace.between(command.began, push.began) < habits.timeout(timeline));
    push.done().is_some() && runs && online && !is_stopped && !pushed && is_well(timeline, push.seq)
}

/// Whether the install is signed in at `place` and no request is open. All its requests since the sign-in, or since
/// its process began, must have succeeded.
fn is_well(timeline: &InstallTimeline<'_>, place: u64) -> bool {
    let before = || timeline.spoke.iter().filter(|exchange| exchange.opened < place);
    let created = before().rfind(|exchange| exchange.command() == Some(CommandName::CreateUser));
    let heard = created.and_then(|create| create.heard_done()).filter(|heard| *heard < place);
    let Some(signed_in) = heard else { return false };
    let launched = timeline
        .commands(&[SdkCommandName::Launch])
        .rfind(|command| command.seq < place)
        .map_or(0, |command| command.seq);
    let from = signed_in.min(launched);
    let granted =
        |exchange: &&&Exchange| exchange.heard_done().is_some_and(|heard| heard < place) && !is_hopeful(exchange);
    let since = || before().filter(|exchange| exchange.opened > from);
    since().filter(granted).count() == since().count()
        && !timeline.was_told(&[SdkCommandName::Reset, SdkCommandName::Forget], signed_in, place)
}

/// Whether the SDK was left alone for `SOON` after the push.
fn has_had_time(timeline: &InstallTimeline<'_>, push: &CommandRecord, pace: Pace) -> bool {
    let disturbed = timeline.commands(DISTURBING).find(|command| command.seq > push.seq);
    let until = disturbed.map_or(timeline.ended, |command| command.began);
    pace.between(push.began, until) >= SOON
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::{Return, What};
    use crate::protocol::ReplyName;
    use crate::rules::testing::{
        Story, answered, create, no_occasion, refused, response, same_occasion, signed_in, submit,
    };

    /// An SDK that is signed in and holds an item, then the events of `between`, a push, a minute, and the events of
    /// `after`.
    fn pushed(between: impl FnOnce(&mut Story), after: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of(&["sdk", "sdk:forward_push", "sdk:record", "sdk:advance"]);
        story.told("phone", SdkCommandName::Launch, json!({}));
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        let record = story.call_of("phone", SdkCommandName::Record, json!({"id": "i-1", "category": "location"}), None);
        let value = serde_json::Map::from_iter([("accepted".to_owned(), true.into())]);
        story.event(What::Returned(Return { call: record, success: true, reason: None, value }.into()));
        between(&mut story);
        story.told("phone", SdkCommandName::ForwardPush, json!({}));
        after(&mut story);
        story.pass(60_000);
        story.event(What::Quiescent);
        story
    }

    fn submits(story: &mut Story) {
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), answered(ReplyName::BatchAccepted, json!({})));
    }

    #[test]
    fn an_sdk_that_submits_what_it_has_holds() {
        assert_eq!(pushed(|_| {}, submits).passed(&RULE), 1);
        same_occasion(&RULE, &pushed(|_| {}, submits), &pushed(|_| {}, |_| {}));
        let killed = |story: &mut Story| {
            submits(story);
            story.told("phone", SdkCommandName::Kill, json!({}));
        };
        no_occasion(&RULE, &pushed(|_| {}, killed));
    }

    #[test]
    fn one_that_does_nothing_is_found() {
        let message = "the SDK of phone held i-1 and was woken by a push, and submitted nothing";
        assert_eq!(pushed(|_| {}, |_| {}).findings(&RULE), [(message.to_owned(), vec![5, 7])]);
    }

    #[test]
    fn one_that_had_nothing_or_was_kept_from_it_is_not_judged() {
        assert_eq!(pushed(submits, |_| {}).passed(&RULE), 0);
        let told = |command: SdkCommandName, arguments: serde_json::Value| {
            pushed(move |story| story.told("phone", command, arguments), |_| {}).passed(&RULE)
        };
        assert_eq!(told(SdkCommandName::StopSync, json!({})), 0);
        let stopped = |story: &mut Story| {
            story.told("phone", SdkCommandName::StopSync, json!({}));
            let start = story.call_of("phone", SdkCommandName::StartSync, json!({}), None);
            story.returned(start, false);
        };
        assert_eq!(pushed(stopped, |_| {}).passed(&RULE), 0);
        assert_eq!(told(SdkCommandName::Reset, json!({})), 0);
        assert_eq!(told(SdkCommandName::Kill, json!({})), 0);
        assert_eq!(told(SdkCommandName::Network, json!({"online": false})), 0);
        assert_eq!(told(SdkCommandName::Grant, json!({"permissions": {"location": false}})), 0);
    }

    #[test]
    fn a_push_of_somebody_else_excuses_nothing() {
        let foreign = |story: &mut Story| story.told("phone", SdkCommandName::ForwardPush, json!({"foreign": true}));
        assert_eq!(pushed(foreign, |_| {}).findings(&RULE).len(), 1);
    }

    #[test]
    fn one_that_was_refused_or_waits_after_a_failure_is_not_judged() {
        let failed = |answer| {
            let call = |story: &mut Story| story.call(submit("phone", "session#1", "b-0", &["i-0"]), answer);
            pushed(call, |_| {}).passed(&RULE)
        };
        assert_eq!(failed(response(503)), 0);
        assert_eq!(failed(refused(ReplyName::SessionExpired)), 0);
    }

    #[test]
    fn what_ends_too_soon_is_not_judged() {
        let killed = pushed(|_| {}, |story| story.told("phone", SdkCommandName::Kill, json!({})));
        assert_eq!(killed.passed(&RULE), 0);
    }

    #[test]
    fn an_install_that_was_reset_or_is_still_signing_in_or_has_another_request_under_way_is_not_judged() {
        let mut reset = pushed(|_| {}, |_| {});
        reset.told("phone", SdkCommandName::Reset, json!({}));
        reset.call(create("phone", "credential#2"), signed_in("5a18", "session#2"));
        let mut signing_in = reset;
        signing_in.told("phone", SdkCommandName::Record, json!({"id": "i-2", "category": "location"}));
        let open = signing_in.send(create("phone", "credential#3"));
        signing_in.told("phone", SdkCommandName::ForwardPush, json!({}));
        signing_in.answer(open, signed_in("5a18", "session#3"));
        signing_in.pass(60_000);
        signing_in.event(What::Quiescent);
        assert_eq!(signing_in.findings(&RULE).len(), 1, "only the first push finds it well");
        let under_way = |story: &mut Story| {
            story.send(submit("phone", "session#1", "b-0", &["i-0"]));
            story.call(create("phone", "credential#2"), signed_in("5a18", "session#2"));
        };
        assert_eq!(pushed(under_way, |_| {}).passed(&RULE), 0);
    }

    #[test]
    fn what_was_denied_when_it_was_recorded_need_not_be_there_any_more() {
        let mut story = Story::of(&["sdk", "sdk:forward_push", "sdk:record", "sdk:advance"]);
        story.told("phone", SdkCommandName::Launch, json!({}));
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        story.told("phone", SdkCommandName::Grant, json!({"permissions": {"location": false}}));
        let record = story.call_of("phone", SdkCommandName::Record, json!({"id": "i-1", "category": "location"}), None);
        let value = serde_json::Map::from_iter([("accepted".to_owned(), true.into())]);
        story.event(What::Returned(Return { call: record, success: true, reason: None, value }.into()));
        story.told("phone", SdkCommandName::Grant, json!({"permissions": {"location": true}}));
        story.told("phone", SdkCommandName::ForwardPush, json!({}));
        story.pass(60_000);
        story.event(What::Quiescent);
        assert_eq!(story.passed(&RULE), 0);
    }
}
