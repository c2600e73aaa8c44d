use crate::protocol::Millis;
use crate::rules::batches::{is_hopeful, submits};
use crate::rules::timelines::over_installs;
use crate::rules::tracker::Exchange;
use crate::rules::work::Habits;
use crate::rules::{Evidence, Finding, Joined};

rule! {
    /// Installs that failed together do not come back together.
    ///
    /// ### What is wrong
    /// At least twenty installs had a batch fail within a tenth of the first pause, and three quarters of them tried again
    /// within a tenth of that pause of each other.
    ///
    /// ### Why it matters
    /// A fleet that keeps step hits the vendor as one, at every retry, for as long as the trouble lasts. Chance in the pauses
    /// spreads it.
    ///
    /// ### How it is provoked
    /// The vendor is down while a fleet of installs syncs at the same moment.
    ///
    /// ### What is right
    /// Each pause is drawn by chance between nothing, or half of it, and its length. By chance alone, pauses between half and
    /// the whole crowd so in 1 of about 130,000 fleets of twenty, and in fewer of larger ones: the tenth is a fifth of their
    /// span, four of twenty are to be expected in it, and it takes fifteen.
    ///
    /// ### Example
    /// ```text
    /// sdk -> vendor      POST /sdk/batches  from thirty installs
    /// vendor -> sdk      503, to all of them
    /// sdk -> vendor      POST /sdk/batches  from thirty installs        <- one second later, to the millisecond
    /// ```
    {
        name: "sync/no-jitter",
        subjects: [Sdk],
        needs: [SubmitBatch],
        precondition: "twenty installs whose batches failed together",
        monitor: |context| {
            let habits = Habits::of(context);
            over_installs(context.lacks_commands(&["advance"]), move |timelines| judge(timelines, habits))
        },
    }
}

/// The smallest number of installs that make a fleet.
const FLEET: usize = 20;

/// The first batch of an install that failed, and its next try.
struct Retry<'l> {
    failed: &'l Exchange,
    again: &'l Exchange,
}

fn judge(joined: &Joined<'_>, habits: Habits) -> Evidence {
    let mut evidence = Evidence::default();
    let timelines = joined.timelines();
    let mut retries: Vec<Retry<'_>> = timelines.iter().filter_map(|timeline| retry(&submits(timeline))).collect();
    let close = Millis::new(habits.base.get() / 10);
    retries.sort_by_key(|retry| retry.failed.began.at);
    let together =
        |first: &Retry<'_>, other: &Retry<'_>| habits.pace.between(first.failed.began, other.failed.began) <= close;
    let size = |from: usize| retries[from..].iter().take_while(|retry| together(&retries[from], retry)).count();
    let Some(from) = (0..retries.len()).find(|from| size(*from) >= FLEET) else { return evidence };
    let size = size(from);
    let mut retries: Vec<_> = retries.drain(from..from + size).collect();
    evidence.exercised = 1;
    retries.sort_by_key(|retry| (retry.again.began.at, retry.again.opened));
    let tries: Vec<Millis> =
        retries.iter().map(|retry| habits.pace.between(retries[0].failed.began, retry.again.began)).collect();
    if let Some(first) = crowd(&tries, close) {
        let crowd = &retries[first..first + crowd_of(retries.len())];
        let message =
            format!("of {} installs that failed together {} tried again within {close}", retries.len(), crowd.len());
        evidence
            .findings
            .push(Finding::new(message, crowd.iter().flat_map(|retry| [retry.failed.opened, retry.again.opened])));
    }
    evidence
}

/// How many installs of a fleet are a crowd: three quarters.
fn crowd_of(fleet: usize) -> usize {
    (3 * fleet).div_ceil(4)
}

/// The first of a crowd of tries, in ascending order, that lie within this time of each other.
fn crowd(tries: &[Millis], close: Millis) -> Option<usize> {
    tries.windows(crowd_of(tries.len())).position(|crowd| match crowd {
        [first, .., last] => last.get() - first.get() <= close.get(),
        _ => false,
    })
}

/// Whether `again` is a retry of a failed batch. A batch of another kind may have been sent at the same time.
fn is_again(failed: &Exchange, again: &Exchange) -> bool {
    failed.has_failed_before(again.opened) && failed.request.operation == again.request.operation
}

fn retry<'l>(submits: &[&'l Exchange]) -> Option<Retry<'l>> {
    let place = submits.iter().position(|submit| is_hopeful(submit))?;
    let failed = submits[place];
    let again = submits[place..].iter().find(|again| again.opened > failed.opened && is_again(failed, again))?;
    Some(Retry { failed, again })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, no_occasion, response, same_occasion, submit};

    /// Installs that fail together, and retry after these pauses.
    fn fleet(pauses: &[i64]) -> Story {
        let mut story = Story::of(&["sdk", "sdk:advance"]);
        let name = |nth: usize| format!("phone-{nth:02}");
        for nth in 0..pauses.len() {
            story.call(submit(&name(nth), "session#1", "b-1", &["i-1"]), response(503));
        }
        let mut now = 0;
        let mut order: Vec<_> = pauses.iter().copied().enumerate().collect();
        order.sort_by_key(|(_, pause)| *pause);
        for (nth, pause) in order {
            story.pass(pause - now);
            now = pause;
            story.call(submit(&name(nth), "session#1", "b-1", &["i-1"]), response(503));
        }
        story
    }

    #[test]
    fn pauses_that_are_spread_hold() {
        let spread: Vec<_> = (0..20).map(|nth| 50 * nth).collect();
        assert_eq!(fleet(&spread).passed(&RULE), 1);
        same_occasion(&RULE, &fleet(&spread), &fleet(&[1000; 20]));
    }

    #[test]
    fn a_fleet_in_step_is_found() {
        let found = fleet(&[1000; 20]).findings(&RULE);
        assert_eq!(found[0].0, "of 20 installs that failed together 15 tried again within 100ms");
        assert_eq!((found.len(), found[0].1.len()), (1, 30));
    }

    #[test]
    fn half_of_them_in_step_is_just_allowed() {
        let half: Vec<_> = (0..20).map(|nth| if nth < 10 { 1000 } else { 1000 + 200 * nth }).collect();
        assert_eq!(fleet(&half).passed(&RULE), 1);
    }

    #[test]
    fn an_install_that_failed_long_before_hides_no_fleet() {
        let mut story = Story::of(&["sdk", "sdk:advance"]);
        for _ in 0..2 {
            story.call(submit("early", "session#1", "b-1", &["i-1"]), response(503));
        }
        for _ in 0..2 {
            story.pass(10_000);
            for nth in 0..20 {
                story.call(submit(&format!("phone-{nth:02}"), "session#1", "b-1", &["i-1"]), response(503));
            }
        }
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn nineteen_are_no_fleet() {
        no_occasion(&RULE, &fleet(&[1000; 19]));
    }

    #[test]
    fn what_was_sent_before_a_failure_was_heard_is_no_other_try() {
        let mut story = Story::of(&["sdk", "sdk:advance"]);
        let name = |nth: usize| format!("phone-{nth:02}");
        for nth in 0..20 {
            let open = ["b-1", "b-2"].map(|batch| story.send(submit(&name(nth), "session#1", batch, &[batch])));
            for exchange in open {
                story.answer(exchange, response(503));
            }
        }
        for nth in 0..20 {
            story.pass(50);
            story.call(submit(&name(nth), "session#1", "b-1", &["b-1"]), response(503));
        }
        assert_eq!(story.passed(&RULE), 1);
    }

    /// Numbers that follow from a seed (SplitMix64).
    fn next(seed: &mut u64) -> u64 {
        *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Of this many fleets whose pauses are drawn between `from` and a second, how many crowd.
    fn crowded(fleets: usize, size: usize, from: u64) -> usize {
        let mut seed = 7;
        let mut fleet = || {
            let mut tries: Vec<Millis> =
                (0..size).map(|_| Millis::new(from + next(&mut seed) % (1000 - from + 1))).collect();
            tries.sort();
            tries
        };
        (0..fleets).filter(|_| crowd(&fleet(), Millis::new(100)).is_some()).count()
    }

    #[test]
    fn equal_jitter_is_warned_of_in_less_than_one_of_ten_thousand_fleets() {
        for size in [20, 30, 60] {
            assert!(crowded(30_000, size, 500) <= 2, "{size}");
        }
        assert_eq!(crowded(1000, 20, 0), 0, "full jitter");
    }

    #[test]
    fn far_too_little_jitter_crowds() {
        assert_eq!(crowded(1000, 20, 900), 1000, "a tenth of the pause");
        assert!(crowded(1000, 20, 880) > 900, "hardly more");
    }
}
