use crate::protocol::{Millis, SdkCommandName};
use crate::rules::pushes::is_foreign;
use crate::rules::rounds::{Round, rounds};
use crate::rules::timelines::{CommandRecord, InstallTimeline, each_install};
use crate::rules::work::Habits;
use crate::rules::{Evidence, Finding};

rule! {
    /// A burst of pushes wakes an SDK once.
    ///
    /// ### What is wrong
    /// Several of the vendor's pushes were handed to the SDK within ten seconds, and it made more than one round for
    /// them.
    ///
    /// ### Why it matters
    /// Push services deliver what they held back all at once, to all devices that come online. A round for each of them is a
    /// flood that the vendor brings upon itself.
    ///
    /// ### How it is provoked
    /// The same push is handed over many times at once. Rounds are told apart by their numbers, so it takes a vendor whose
    /// batches name their round.
    ///
    /// ### What is right
    /// While a round is under way, or has just been, further pushes ask for nothing new.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         forward_push, five times
    /// sdk -> vendor      POST /sdk/batches  {"round": 8}
    /// sdk -> vendor      POST /sdk/batches  {"round": 9}               <- for the same burst
    /// ```
    {
        name: "push/wake-storm",
        subjects: [Sdk],
        needs: [Push],
        precondition: "several pushes within ten seconds, and a round for them by an SDK whose batches name their round, none of which failed",
        monitor: |context| {
            let habits = Habits::of(context);
            each_install(context.lacks_commands(&["forward_push"]), move |timeline, evidence| judge(timeline, habits, evidence))
        },
    }
}

/// The length of a burst. Pushes and rounds within this time belong together.
const BURST: Millis = Millis::from_secs(10);

fn judge(timeline: &InstallTimeline<'_>, habits: Habits, evidence: &mut Evidence) {
    let rounds = rounds(timeline, habits.pace, BURST);
    for burst in bursts(timeline, habits) {
        let [first, .., last] = &burst[..] else { continue };
        let next = timeline
            .commands
            .iter()
            .find(|command| command.seq > last.seq && is_asking(command))
            .map_or(u64::MAX, |command| command.seq);
        let is_for_it = |round: &&Round<'_>| {
            let is_soon = habits.pace.between(last.began, round.began()) < BURST;
            first.seq < round.opened() && round.opened() < next && is_soon && round.number().is_some()
        };
        let woken: Vec<_> = rounds.iter().filter(is_for_it).collect();
        // What failed is sent again in other rounds.
        let has_failed = woken.iter().any(|round| round.has_failed());
        evidence.exercised += u64::from(!woken.is_empty() && !has_failed);
        // During the burst the app may ask for a round itself.
        let asked = timeline
            .commands
            .iter()
            .filter(|command| command.seq > first.seq && command.seq < last.seq && is_asking(command))
            .count();
        if woken.len() > 1 + asked && !has_failed {
            let (install, pushes, times) = (&timeline.install, burst.len(), woken.len());
            let message =
                format!("the SDK of {install} was handed {pushes} pushes at once, and made {times} rounds for them");
            let proof = burst.iter().map(|command| command.seq).chain(woken.iter().map(|round| round.opened()));
            evidence.findings.push(Finding::new(message, proof));
        }
    }
}

fn is_asking(command: &CommandRecord) -> bool {
    matches!(
        command.call.name,
        SdkCommandName::SyncNow | SdkCommandName::StartSync | SdkCommandName::Launch | SdkCommandName::CreateUser
    )
}

/// The bursts of the vendor's pushes: two or more, each handed over less than `BURST` after the first.
fn bursts<'l>(timeline: &InstallTimeline<'l>, habits: Habits) -> Vec<Vec<&'l CommandRecord>> {
    let mut bursts: Vec<Vec<&CommandRecord>> = Vec::new();
    for command in timeline.commands(&[SdkCommandName::ForwardPush]).filter(|command| !is_foreign(command)) {
        match bursts.last_mut().filter(|burst| habits.pace.between(burst[0].began, command.began) < BURST) {
            Some(burst) => burst.push(command),
            None => bursts.push(vec![command]),
        }
    }
    bursts.retain(|burst| burst.len() > 1);
    bursts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::{CommandName, ReplyName};
    use crate::rules::testing::{Story, answered, no_occasion, response, same_occasion, sdk};

    fn round(story: &mut Story, number: i64) {
        let batch = sdk("phone", CommandName::SubmitBatch, Some("session#1"), json!({"round": number}));
        story.call(batch, answered(ReplyName::BatchAccepted, json!({})));
    }

    fn pushes(times: usize) -> Story {
        let mut story = Story::of(&["sdk", "sdk:forward_push"]);
        for _ in 0..times {
            story.told("phone", SdkCommandName::ForwardPush, json!({}));
        }
        story
    }

    #[test]
    fn one_round_of_several_batches_for_a_burst_holds() {
        let mut story = pushes(3);
        round(&mut story, 8);
        round(&mut story, 8);
        assert_eq!(story.passed(&RULE), 1);
        let mut wrong = pushes(3);
        round(&mut wrong, 8);
        round(&mut wrong, 9);
        same_occasion(&RULE, &story, &wrong);
        let mut failed = pushes(3);
        failed.call(sdk("phone", CommandName::SubmitBatch, Some("session#1"), json!({"round": 8})), response(503));
        no_occasion(&RULE, &failed);
    }

    #[test]
    fn a_round_for_each_push_is_found() {
        let mut story = pushes(2);
        round(&mut story, 8);
        round(&mut story, 9);
        let message = "the SDK of phone was handed 2 pushes at once, and made 2 rounds for them";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1, 3, 5, 7])]);
    }

    #[test]
    fn a_round_that_the_app_asks_for_amid_the_burst_is_not_for_a_push() {
        let amid = |rounds: i64| {
            let mut story = pushes(2);
            round(&mut story, 8);
            story.told("phone", SdkCommandName::SyncNow, json!({}));
            for nth in 0..rounds {
                round(&mut story, 9 + nth);
            }
            story.told("phone", SdkCommandName::ForwardPush, json!({}));
            story
        };
        assert_eq!(amid(1).passed(&RULE), 1);
        assert_eq!(amid(2).findings(&RULE).len(), 1);
    }

    #[test]
    fn one_push_or_a_later_round_or_one_that_was_asked_for_is_not_judged_with_them() {
        let mut single = pushes(1);
        round(&mut single, 8);
        round(&mut single, 9);
        assert_eq!(single.passed(&RULE), 0);
        let mut later = pushes(2);
        round(&mut later, 8);
        later.pass(10_000);
        round(&mut later, 9);
        assert_eq!(later.passed(&RULE), 1);
        let mut asked = pushes(2);
        round(&mut asked, 8);
        asked.told("phone", SdkCommandName::SyncNow, json!({}));
        round(&mut asked, 9);
        assert_eq!(asked.passed(&RULE), 1);
    }

    #[test]
    fn pushes_of_others_make_no_burst() {
        let mut story = Story::of(&["sdk", "sdk:forward_push"]);
        for _ in 0..3 {
            story.told("phone", SdkCommandName::ForwardPush, json!({"foreign": true}));
        }
        round(&mut story, 8);
        assert_eq!(story.passed(&RULE), 0);
    }
}
