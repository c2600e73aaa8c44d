use crate::protocol::{Millis, SdkCommandName};
use crate::rules::batches::{ids, is_hopeful, submits};
use crate::rules::timelines::{InstallTimeline, each_install};
use crate::rules::tracker::Exchange;
use crate::rules::work::Habits;
use crate::rules::{Evidence, Finding};

rule! {
    /// An SDK whose tries fail makes longer and longer pauses.
    ///
    /// ### What is wrong
    /// Ten tries in a row failed for a reason that passes, and all of them together took less than a tenth of the time that
    /// pauses take which double from the vendor's first to its longest.
    ///
    /// ### Why it matters
    /// When a vendor is down every install is at its door. If each knocks without a pause, the vendor can't come up again:
    /// what was a minute's failure becomes an hour's.
    ///
    /// ### How it is provoked
    /// The vendor answers ten times with 503. Pauses that are drawn at random between nothing and twice the last are allowed,
    /// so only the sum is judged.
    ///
    /// ### What is right
    /// Each pause may be twice as long as the last, with some chance in it, up to a limit. A success begins anew, and so does
    /// what the app asks for at once.
    ///
    /// ### Example
    /// ```text
    /// sdk -> vendor      POST /sdk/batches
    /// vendor -> sdk      503
    /// sdk -> vendor      POST /sdk/batches                              <- a second later, ten times over
    /// ```
    {
        name: "sync/no-backoff",
        subjects: [Sdk],
        needs: [SubmitBatch],
        precondition: "ten tries in a row that failed for a reason that passes, between which pauses were due",
        monitor: |context| {
            let habits = Habits::of(context);
            each_install(context.lacks_commands(&["advance"]), move |timeline, evidence| judge(timeline, habits, evidence))
        },
    }
}

/// The number of tries that are judged together.
const TRIES: usize = 10;
const ASKING: &[SdkCommandName] = &[
    SdkCommandName::Launch,
    SdkCommandName::CreateUser,
    SdkCommandName::StartSync,
    SdkCommandName::SyncNow,
    SdkCommandName::ForwardPush,
    SdkCommandName::Network,
];

fn judge(timeline: &InstallTimeline<'_>, habits: Habits, evidence: &mut Evidence) {
    for series in series(timeline) {
        for tries in series.chunks_exact(TRIES) {
            let pauses = tries.windows(2).filter(|pair| !has_crossed(pair[0], pair[1])).count();
            let least = Millis::new(doubled_sum(habits, pauses).get() / 10);
            // Without a pause that is due, none can be missed.
            evidence.exercised += u64::from(least > Millis::new(0));
            let took = habits.pace.between(tries[0].began, tries[TRIES - 1].began);
            if took < least {
                let message = format!(
                    "the SDK of {} tried {TRIES} times in a row within {took}, though every try had failed",
                    timeline.install
                );
                evidence.findings.push(Finding::new(message, tries.iter().map(|one| one.opened)));
            }
        }
    }
}

/// The sum of `pauses` pauses, each twice the last, up to the cap.
fn doubled_sum(habits: Habits, pauses: usize) -> Millis {
    let mut pause = habits.base.get();
    let mut sum: u64 = 0;
    for _ in 0..pauses {
        sum = sum.saturating_add(pause.min(habits.cap.get()));
        pause = pause.saturating_mul(2);
    }
    Millis::new(sum)
}

/// Series of tries that failed one after another. Of concurrent tries only the first counts.
fn series<'l>(timeline: &InstallTimeline<'l>) -> Vec<Vec<&'l Exchange>> {
    let mut series: Vec<Vec<&Exchange>> = vec![Vec::new()];
    for submit in submits(timeline) {
        let last = series.last().and_then(|one| one.last()).copied();
        let is_beside = last.is_some_and(|last| !last.has_failed_before(submit.opened));
        let is_asked = last.is_some_and(|last| timeline.was_told(ASKING, last.opened, submit.opened));
        if !is_hopeful(submit) || is_asked {
            series.push(Vec::new());
        }
        if let Some(current) = series.last_mut().filter(|_| is_hopeful(submit) && (is_asked || !is_beside)) {
            current.push(submit);
        }
    }
    series
}

/// Whether another batch was sent before the failure of this one could be heard.
fn has_crossed(last: &Exchange, submit: &Exchange) -> bool {
    ids(last).is_disjoint(&ids(submit)) && last.answered.is_some_and(|heard| submit.began.may_have_crossed(heard))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::Response;
    use crate::rules::testing::{Story, no_occasion, response, same_occasion, submit};

    /// Tries with these answers, each this many milliseconds after the last.
    fn story(answers: impl Iterator<Item = (Response, i64)>) -> Story {
        let mut story = Story::of(&["sdk", "sdk:advance"]);
        for (answer, later) in answers {
            story.pass(later);
            story.call(submit("phone", "session#1", "b-1", &["i-1"]), answer);
        }
        story
    }

    fn failing(times: usize, gap: i64) -> Story {
        story((0..times).map(|_| (response(503), gap)))
    }

    #[test]
    fn pauses_that_double_hold() {
        let doubling = story((0..10_u32).map(|nth| (response(503), 1000 << nth.min(8))));
        assert_eq!(doubling.passed(&RULE), 1);
        same_occasion(&RULE, &doubling, &failing(10, 1000));
    }

    #[test]
    fn a_tenth_of_that_is_just_enough() {
        // Nine pauses, doubled from one second, are 511 seconds.
        assert_eq!(failing(10, 51_100 / 9 + 1).passed(&RULE), 1);
        assert_eq!(failing(10, 51_100 / 9).findings(&RULE).len(), 1);
    }

    #[test]
    fn tries_without_pauses_are_found() {
        let message = "the SDK of phone tried 10 times in a row within 9s, though every try had failed";
        let events: Vec<u64> = (0..10).map(|nth| 2 * nth + 1).collect();
        assert_eq!(failing(10, 1000).findings(&RULE), [(message.to_owned(), events)]);
    }

    #[test]
    fn the_contract_may_ask_for_other_pauses() {
        let mut slow = failing(10, 1000);
        slow = slow.knowing("sync.backoff_base", "10ms").knowing("sync.backoff_cap", "1s");
        assert_eq!(slow.passed(&RULE), 1);
    }

    #[test]
    fn nine_tries_or_a_success_between_show_nothing() {
        no_occasion(&RULE, &failing(9, 0));
        let mixed = story((0..12).map(|nth| {
            let answered = crate::rules::testing::answered(crate::protocol::ReplyName::BatchAccepted, json!({}));
            (if nth == 6 { answered } else { response(503) }, 0)
        }));
        assert_eq!(mixed.passed(&RULE), 0);
    }

    #[test]
    fn what_the_app_asks_for_begins_anew() {
        let mut story = Story::of(&["sdk", "sdk:advance"]);
        for _ in 0..12 {
            story.told("phone", SdkCommandName::SyncNow, json!({}));
            story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(503));
        }
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn between_other_batches_of_one_moment_no_pause_is_due() {
        let mut story = Story::of(&["sdk", "sdk:advance"]);
        for _ in 0..2 {
            for item in ["i-1", "i-2", "i-3", "i-4", "i-5"] {
                story.call(submit("phone", "session#1", item, &[item]), response(503));
            }
            story.pass(100);
        }
        assert_eq!(story.passed(&RULE), 1);
        let mut moment = Story::of(&["sdk", "sdk:advance"]);
        for item in 0..10 {
            let item = format!("i-{item}");
            moment.call(submit("phone", "session#1", &item, &[&item]), response(503));
        }
        assert_eq!(moment.passed(&RULE), 0, "nothing was seen of its pauses");
    }

    #[test]
    fn tries_side_by_side_count_once() {
        let mut story = Story::of(&["sdk", "sdk:advance"]);
        let open: Vec<_> = (0..12).map(|_| story.send(submit("phone", "session#1", "b-1", &["i-1"]))).collect();
        for exchange in open {
            story.answer(exchange, response(503));
        }
        assert_eq!(story.passed(&RULE), 0);
    }
}
