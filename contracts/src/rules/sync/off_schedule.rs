use crate::protocol::{Millis, SdkCommandName};
use crate::rules::pace::Moment;
use crate::rules::rounds::{Round, rounds};
use crate::rules::timelines::{CommandRecord, InstallTimeline, each_install};
use crate::rules::work::Habits;
use crate::rules::{Evidence, Finding};

rule! {
    /// Rounds come as often as the interval says, and one at a time.
    ///
    /// ### What is wrong
    /// While nothing disturbed an SDK that was told to sync, its rounds were at least two more, or two fewer, than the interval
    /// has room for; or a round began while another was under way.
    ///
    /// ### Why it matters
    /// Too many rounds cost battery and data, and the vendor counts with the interval when it plans its machines. Too few,
    /// and what is decided by the data is decided by yesterday's.
    ///
    /// ### How it is provoked
    /// The SDK is told to sync and left alone for days, with something new to submit for each round; answers are slower than
    /// the interval. Rounds soon after a start, a push or a command to sync at once don't count, and stretches in which a
    /// batch failed are not judged.
    ///
    /// ### What is right
    /// One timer, set anew when a round is over or at fixed times; a few rounds that are early or late are nothing.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         set_interval 28800
    /// app -> sdk         start_sync
    /// sdk -> vendor      POST /sdk/batches                              <- every eight minutes
    /// ```
    {
        name: "sync/off-schedule",
        subjects: [Sdk],
        needs: [SubmitBatch],
        precondition: "three intervals or more in which an SDK was told to sync and left alone, no batch failed, and there was something new to submit in two of them",
        monitor: |context| {
            let habits = Habits::of(context);
            each_install(context.lacks_commands(&["start_sync", "advance"]), move |timeline, evidence| judge(timeline, habits, evidence))
        },
    }
}

/// The shortest stretch, in intervals, whose rounds are counted.
const LONG: u64 = 3;
/// Commands after which the timers start anew.
const DISTURBING: &[SdkCommandName] = &[
    SdkCommandName::Launch,
    SdkCommandName::Kill,
    SdkCommandName::StartSync,
    SdkCommandName::StopSync,
    SdkCommandName::SetInterval,
    SdkCommandName::Network,
    SdkCommandName::CreateUser,
    SdkCommandName::Grant,
    SdkCommandName::Reset,
    SdkCommandName::Forget,
    SdkCommandName::SyncNow,
    SdkCommandName::ForwardPush,
];

/// A time in which an SDK was told to sync and left alone.
struct Stretch {
    begins: u64,
    began: Moment,
    ends: u64,
    ended: Moment,
    interval: Millis,
}

fn judge(timeline: &InstallTimeline<'_>, habits: Habits, evidence: &mut Evidence) {
    for stretch in stretches(timeline, habits) {
        let apart = Millis::new(stretch.interval.get() / 10);
        let all = rounds(timeline, habits.pace, apart);
        let within: Vec<_> =
            all.iter().filter(|round| (stretch.begins..stretch.ends).contains(&round.opened())).collect();
        if within.iter().any(|round| round.has_failed()) {
            continue;
        }
        let overlap = |pair: &&[&Round<'_>]| pair[0].is_open_at(pair[1].opened(), pair[1].began(), habits.pace, apart);
        if let Some([first, second]) = within.windows(2).find(overlap) {
            let message = format!("the SDK of {} began a round while another was under way", timeline.install);
            evidence.exercised += 1;
            evidence.findings.push(Finding::new(message, [first.opened(), second.opened()]));
            continue;
        }
        count(timeline, habits, &stretch, &within, evidence);
    }
}

fn count(
    timeline: &InstallTimeline<'_>,
    habits: Habits,
    stretch: &Stretch,
    within: &[&Round<'_>],
    evidence: &mut Evidence,
) {
    let (interval, length) = (stretch.interval.get(), habits.pace.between(stretch.began, stretch.ended).get());
    if length < LONG * interval {
        return;
    }
    let counted: Vec<_> = within
        .iter()
        .filter(|round| habits.pace.between(stretch.began, round.began()).get() >= interval / 10)
        .collect();
    let most = length.div_ceil(interval) + 1;
    let least = fed(timeline, habits, stretch).saturating_sub(1);
    let rounds = counted.len() as u64;
    let is_off = rounds > most || rounds < least;
    // Where nothing has to be submitted, too few rounds would not be noticed.
    evidence.exercised += u64::from(least > 0 || is_off);
    if is_off {
        let message = format!(
            "the SDK of {} made {rounds} rounds in {}, with an interval of {}",
            timeline.install,
            Millis::new(length),
            stretch.interval
        );
        evidence.findings.push(Finding::new(
            message,
            [stretch.begins].into_iter().chain(counted.iter().map(|round| round.opened())),
        ));
    }
}

/// The number of whole intervals in which something was recorded that the next round has to submit.
fn fed(timeline: &InstallTimeline<'_>, habits: Habits, stretch: &Stretch) -> u64 {
    let interval = stretch.interval.get();
    let whole = habits.pace.between(stretch.began, stretch.ended).get() / interval;
    let within = |command: &&CommandRecord| (stretch.begins..stretch.ends).contains(&command.seq);
    let records =
        timeline.commands(&[SdkCommandName::Record]).filter(within).filter(|command| !was_turned_away(command));
    let mut slots: Vec<u64> = records
        .map(|command| habits.pace.between(stretch.began, command.began).get() / interval)
        .filter(|slot| slot + 1 < whole)
        .collect();
    slots.dedup();
    slots.len() as u64
}

/// Whether the SDK said that it does not keep the item.
fn was_turned_away(record: &CommandRecord) -> bool {
    let accepted = record.returned.as_ref().and_then(|(_, result)| result.value.get("accepted")?.as_bool());
    accepted == Some(false)
}

fn stretches(timeline: &InstallTimeline<'_>, habits: Habits) -> Vec<Stretch> {
    let disturbing: Vec<_> = timeline.commands(DISTURBING).collect();
    let mut interval = habits.interval;
    let (mut is_syncing, mut runs, mut online) = (false, true, true);
    let mut stretches = Vec::new();
    for (place, command) in disturbing.iter().enumerate() {
        match command.call.name {
            SdkCommandName::SetInterval if command.done().is_some() => {
                let seconds = command.call.arguments.get("seconds").and_then(serde_json::Value::as_u64);
                interval = seconds.map(Millis::from_secs).or(interval);
            }
            SdkCommandName::StartSync => is_syncing = command.done().is_some(),
            SdkCommandName::StopSync | SdkCommandName::Reset | SdkCommandName::Forget | SdkCommandName::CreateUser => {
                is_syncing = false;
            }
            SdkCommandName::Kill => (runs, is_syncing) = (false, false),
            SdkCommandName::Launch => runs = true,
            SdkCommandName::Network => {
                online = command.call.arguments.get("online").and_then(serde_json::Value::as_bool).unwrap_or(true);
            }
            _ => {}
        }
        let next = disturbing.get(place + 1);
        if let Some(interval) = interval.filter(|interval| is_syncing && runs && online && interval.get() > 0) {
            stretches.push(Stretch {
                begins: command.seq,
                began: command.began,
                ends: next.map_or(u64::MAX, |next| next.seq),
                ended: next.map_or(timeline.ended, |next| next.began),
                interval,
            });
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::{Request, What};
    use crate::protocol::ReplyName;
    use crate::rules::testing::{Story, answered, no_occasion, refused, response, same_occasion, submit};

    const HOUR: i64 = 3_600_000;

    fn numbered(mut batch: Request, round: i64) -> Request {
        let step = batch.step.as_mut().expect("a batch is a step");
        step.fields.insert("round".to_owned(), round.into());
        batch
    }

    /// An SDK that is told to sync every hour, and makes a round after each pause. Before each, an item is recorded.
    fn story(pauses: &[i64]) -> Story {
        let mut story = Story::of(&["sdk", "sdk:start_sync", "sdk:advance"]);
        story.told("phone", SdkCommandName::SetInterval, json!({"seconds": 3600}));
        story.told("phone", SdkCommandName::StartSync, json!({}));
        for (nth, pause) in pauses.iter().enumerate() {
            story.told("phone", SdkCommandName::Record, json!({"id": format!("i-{nth}")}));
            story.pass(*pause);
            let batch = submit("phone", "session#1", &format!("b-{nth}"), &[&format!("i-{nth}")]);
            story.call(batch, answered(ReplyName::BatchAccepted, json!({})));
        }
        story.event(What::Quiescent);
        story
    }

    #[test]
    fn a_round_an_hour_holds_and_so_does_one_more_or_less() {
        assert_eq!(story(&[HOUR; 10]).passed(&RULE), 1);
        assert_eq!(story(&[HOUR * 10 / 11; 11]).passed(&RULE), 1);
        same_occasion(&RULE, &story(&[HOUR; 10]), &story(&[HOUR / 2; 20]));
    }

    #[test]
    fn twice_as_many_rounds_are_found() {
        let found = story(&[HOUR / 2; 20]).findings(&RULE);
        assert_eq!(found[0].0, "the SDK of phone made 20 rounds in 10h, with an interval of 1h");
        assert_eq!((found.len(), found[0].1.len()), (1, 21));
    }

    #[test]
    fn too_few_rounds_are_found_where_there_was_something_to_submit() {
        let mut lazy = Story::of(&["sdk", "sdk:start_sync", "sdk:advance"]);
        lazy.told("phone", SdkCommandName::SetInterval, json!({"seconds": 3600}));
        lazy.told("phone", SdkCommandName::StartSync, json!({}));
        for nth in 0..10 {
            lazy.told("phone", SdkCommandName::Record, json!({"id": format!("i-{nth}")}));
            lazy.pass(HOUR);
        }
        lazy.event(What::Quiescent);
        let message = "the SDK of phone made 0 rounds in 10h, with an interval of 1h";
        assert_eq!(lazy.findings(&RULE), [(message.to_owned(), vec![3])]);
        let mut idle = Story::of(&["sdk", "sdk:start_sync", "sdk:advance"]).knowing("sync.interval", "1h");
        idle.told("phone", SdkCommandName::StartSync, json!({}));
        idle.pass(10 * HOUR);
        idle.event(What::Quiescent);
        no_occasion(&RULE, &idle);
    }

    #[test]
    fn a_round_that_begins_while_another_is_open_is_found() {
        let mut story = Story::of(&["sdk", "sdk:start_sync", "sdk:advance"]).knowing("sync.interval", "1h");
        story.told("phone", SdkCommandName::StartSync, json!({}));
        let slow = story.send(submit("phone", "session#1", "b-1", &["i-1"]));
        story.pass(HOUR);
        let next = story.send(submit("phone", "session#1", "b-2", &["i-2"]));
        story.answer(slow, answered(ReplyName::BatchAccepted, json!({})));
        story.answer(next, answered(ReplyName::BatchAccepted, json!({})));
        let message = "the SDK of phone began a round while another was under way";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![3, 4])]);
    }

    #[test]
    fn what_was_left_of_a_round_may_travel_with_the_next() {
        let mut story = Story::of(&["sdk", "sdk:start_sync", "sdk:advance"]).knowing("sync.interval", "1h");
        story.told("phone", SdkCommandName::StartSync, json!({}));
        for nth in 0..4 {
            story.told("phone", SdkCommandName::Record, json!({"id": "i-2"}));
            story.pass(HOUR);
            let left = story.send(numbered(submit("phone", "session#1", &format!("left-{nth}"), &["i-1"]), nth - 1));
            let new = story.send(numbered(submit("phone", "session#1", &format!("b-{nth}"), &["i-2"]), nth));
            story.answer(left, answered(ReplyName::BatchAccepted, json!({})));
            story.answer(new, answered(ReplyName::BatchAccepted, json!({})));
        }
        story.event(What::Quiescent);
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_stretch_with_a_failure_or_too_short_or_without_an_interval_is_not_judged() {
        let mut failed = story(&[HOUR / 2; 20]);
        failed.call(submit("phone", "session#1", "b-99", &["i-99"]), response(503));
        assert_eq!(failed.passed(&RULE), 0);
        assert_eq!(story(&[HOUR; 2]).passed(&RULE), 0);
        let mut no_interval = Story::of(&["sdk", "sdk:start_sync", "sdk:advance"]);
        no_interval.told("phone", SdkCommandName::StartSync, json!({}));
        no_interval.pass(100 * HOUR);
        no_interval.event(What::Quiescent);
        assert_eq!(no_interval.passed(&RULE), 0);
    }

    #[test]
    fn what_is_asked_for_begins_a_new_stretch() {
        let mut story = Story::of(&["sdk", "sdk:start_sync", "sdk:advance"]).knowing("sync.interval", "1h");
        story.told("phone", SdkCommandName::StartSync, json!({}));
        for nth in 0..20 {
            story.pass(HOUR / 2);
            story.told("phone", SdkCommandName::SyncNow, json!({}));
            let batch = submit("phone", "session#1", &format!("b-{nth}"), &["i-1"]);
            story.call(batch, answered(ReplyName::BatchAccepted, json!({})));
        }
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn a_stretch_in_which_the_vendor_takes_no_key_is_not_judged() {
        let mut story = Story::of(&["sdk", "sdk:start_sync", "sdk:advance"]);
        story.told("phone", SdkCommandName::SetInterval, json!({"seconds": 3600}));
        story.told("phone", SdkCommandName::StartSync, json!({}));
        for nth in 0..20 {
            story.pass(HOUR / 2);
            let batch = submit("phone", "session#1", &format!("b-{nth}"), &["i-1"]);
            story.call(batch, refused(ReplyName::KeyExpired));
        }
        story.event(What::Quiescent);
        assert_eq!(story.passed(&RULE), 0);
    }
}
