use std::collections::BTreeMap;

use crate::protocol::{CommandName, Millis, ReplyName};
use crate::rules::pace::Pace;
use crate::rules::people::{SentId, about};
use crate::rules::tracker::Exchange;
use crate::rules::{Context, Evidence, Finding, Joined, Monitor, words};

rule! {
    /// A result that is in the making is asked for again no sooner, and no longer, than the vendor says.
    ///
    /// ### What is wrong
    /// The vendor answered that a result is in progress, and of its own accord, for the same request of its app or for none
    /// at all, the backend asked again for the same id before the vendor's least pause was over. Or it went on asking for one
    /// request of its app for longer than the vendor allows. With a least pause of 10 seconds and two minutes at most, calls
    /// that begin less than 9.5 seconds apart are found, and a series that lasts more than 130 seconds.
    ///
    /// ### Why it matters
    /// Asking sooner makes nothing ready sooner. Many backends that ask all the time are a load that vendors answer by refusing
    /// their keys; one that never gives up keeps a connection and its app waiting for good.
    ///
    /// ### How it is provoked
    /// A result stays in progress for a while, and then for longer than anybody may ask for it. Time is the backend's own, so
    /// a real process needs `--slow`. Calls that two requests of the app caused are not compared: that is the app's pace.
    ///
    /// ### What is right
    /// After each answer that says "in progress" the backend waits for the least pause and asks again, until the longest time
    /// has passed; then it tells its app that there is no result yet. Or it tells its app at once, and asks when the app does.
    ///
    /// ### Example
    /// ```text
    /// backend -> vendor  POST /risk/predictors
    /// vendor -> backend  202 read_pending
    /// backend -> vendor  POST /risk/predictors                                <- a second later
    /// ```
    {
        name: "readback/polled-too-often",
        needs: [ReadBack],
        precondition: "a call for a result that is in progress, and then another call or the answer to the app's request",
        slow: true,
        monitor: |context| Box::new(Watch::new(context)),
    }
}

/// The tolerance by which a call may begin too soon: timers and networks are not exact.
const SOONER: Millis = Millis::new(500);
/// The tolerance by which a series may last too long: the last call may have begun in time.
const LONGER: Millis = Millis::from_secs(10);
/// The vendor's bounds if the history does not have its facts.
const AT_LEAST: Millis = Millis::from_secs(10);
const AT_MOST: Millis = Millis::from_secs(120);

struct Watch {
    judging: Judging,
    /// Whether the app's leg is in the history. Without it, calls that no app asked for can't be told apart.
    app_is_seen: bool,
    not_testable: Option<String>,
}

struct Judging {
    pace: Pace,
    /// The shortest time between the beginnings of two calls.
    apart: Millis,
    /// The longest time that a series may last.
    lasting: Millis,
    evidence: Evidence,
}

impl Watch {
    fn new(context: &Context<'_>) -> Self {
        let at_least: Millis = context.fact("read_back.poll_at_least").unwrap_or(AT_LEAST);
        let at_most: Millis = context.fact("read_back.poll_at_most").unwrap_or(AT_MOST);
        let judging = Judging {
            pace: Pace::of(context),
            apart: Millis::new(at_least.get().saturating_sub(SOONER.get())),
            lasting: Millis::new(at_most.get() + LONGER.get()),
            evidence: Evidence::default(),
        };
        Self {
            judging,
            app_is_seen: context.lacks_app().is_none(),
            not_testable: context.lacks_call("read_back").or_else(|| context.lacks_time()),
        }
    }
}

impl Monitor for Watch {
    fn finish(self: Box<Self>, joined: &Joined<'_>) -> Evidence {
        let Self { mut judging, app_is_seen, not_testable } = *self;
        for request in joined.app_requests() {
            let whose = words::app(request.intent);
            for series in by_id(&request.calls).values() {
                let is_answered = request.exchange.answer().is_some();
                judging.gaps(series, is_answered, &format!("for one request of {whose}"));
                judging.length(series, &whose);
            }
        }
        let unasked = if app_is_seen { joined.unasked() } else { &[] };
        for series in by_id(unasked).values() {
            judging.gaps(series, false, "though no app had asked");
        }
        // Calls that happen in one run by chance and not in the next would make an accepted rule stale now and then.
        let exercised = if not_testable.is_some() { 0 } else { judging.evidence.exercised };
        Evidence { exercised, not_testable, ..judging.evidence }
    }
}

/// The calls that read results back, by the id that they are about.
fn by_id<'t>(calls: &[&'t Exchange]) -> BTreeMap<SentId<'t>, Vec<&'t Exchange>> {
    let mut series: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.command() == Some(CommandName::ReadBack)) {
        if let Some(id) = about(call) {
            series.entry(id).or_default().push(*call);
        }
    }
    series
}

fn is_pending(call: &Exchange) -> bool {
    call.delivered().is_some_and(|(_, answer)| answer.reply == Some(ReplyName::ReadPending))
}

impl Judging {
    /// Judges the pauses between calls. After the last call none is seen, unless the app's request `is_answered`.
    fn gaps(&mut self, series: &[&Exchange], is_answered: bool, why: &str) {
        let judged = if is_answered { series.len() } else { series.len().saturating_sub(1) };
        self.evidence.exercised += series.iter().take(judged).filter(|call| is_pending(call)).count() as u64;
        for (pending, next) in series.iter().zip(series.iter().skip(1)).filter(|(call, _)| is_pending(call)) {
            let gap = self.pace.between(pending.began, next.began);
            if gap < self.apart {
                let message = format!("the client backend asked for a result in progress again after {gap}, {why}");
                self.evidence.findings.push(Finding::new(message, [pending.opened, next.opened]));
            }
        }
    }

    fn length(&mut self, series: &[&Exchange], whose: &str) {
        let (Some(first), Some(last)) = (series.iter().find(|call| is_pending(call)), series.last()) else { return };
        let lasted = self.pace.between(first.began, last.began);
        if lasted > self.lasting {
            let message = format!("the client backend went on asking for one request of {whose} for {lasted}");
            self.evidence.findings.push(Finding::new(message, [first.opened, last.opened]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Request, Response};
    use crate::rules::VIRTUAL;
    use crate::rules::testing::{Story, app, failed, no_occasion, refused, response, same_occasion, vendor_call, wish};

    fn read(id: &str) -> Request {
        vendor_call(CommandName::ReadBack, "/predictors", id)
    }

    fn pending() -> Response {
        Response { reply: Some(ReplyName::ReadPending), ..response(202) }
    }

    /// One request of the app, for which a pending result is asked for `times` times, `apart` milliseconds apart.
    fn polled(times: usize, apart: i64) -> Story {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        for _ in 0..times {
            story.call(read("a-1"), pending());
            story.pass(apart);
        }
        story.answer(asked, failed(503, "later"));
        story
    }

    #[test]
    fn ten_seconds_apart_for_two_minutes_is_allowed() {
        assert_eq!(polled(13, 10_000).passed(&RULE), 13);
        assert_eq!(polled(3, 9_500).passed(&RULE), 3);
    }

    #[test]
    fn the_same_calls_sooner_are_found() {
        same_occasion(&RULE, &polled(2, 9_500), &polled(2, 9_499));
        let mut unfinished = polled(1, 9_500);
        unfinished.events.pop();
        no_occasion(&RULE, &unfinished);
    }

    #[test]
    fn calls_that_are_too_near_are_found() {
        let message =
            "the client backend asked for a result in progress again after 9s499ms, for one request of alice's app";
        assert_eq!(polled(2, 9_499).findings(&RULE), [(message.to_owned(), vec![2, 4])]);
    }

    #[test]
    fn a_series_that_never_ends_is_found_once() {
        let message = "the client backend went on asking for one request of alice's app for 2min20s";
        assert_eq!(polled(15, 10_000).findings(&RULE), [(message.to_owned(), vec![2, 30])]);
    }

    #[test]
    fn a_backend_that_asks_though_nobody_did_is_held_to_the_same_pause() {
        let mut story = Story::new();
        story.call(read("a-1"), pending());
        story.pass(1000);
        story.call(read("a-1"), pending());
        let message = "the client backend asked for a result in progress again after 1s, though no app had asked";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1, 3])]);
    }

    #[test]
    fn where_no_app_is_seen_nobody_knows_for_whom_a_call_was_made() {
        let mut story = Story::new();
        story.call(read("a-1"), pending());
        story.call(read("a-1"), pending());
        let blind =
            Context { users: &[], capabilities: &[VIRTUAL.to_owned()], subjects: RULE.subjects, contract: None };
        assert_eq!(story.seen_by((RULE.monitor)(&blind)).findings, []);
    }

    #[test]
    fn what_two_requests_of_the_app_caused_is_not_compared() {
        let mut story = Story::new();
        for _ in 0..2 {
            let asked = story.send(app(wish("alice")));
            story.call(read("a-1"), pending());
            story.answer(asked, failed(503, "later"));
        }
        assert_eq!(story.passed(&RULE), 2);
    }

    #[test]
    fn another_id_and_a_try_after_a_failure_are_no_polling() {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        story.call(read("a-1"), pending());
        story.call(read("b-1"), pending());
        story.pass(10_000);
        story.call(read("a-1"), refused(ReplyName::Unavailable));
        story.pass(2_000);
        story.call(read("a-1"), pending());
        story.answer(asked, failed(503, "later"));
        assert_eq!(story.passed(&RULE), 3);
    }

    #[test]
    fn a_real_process_without_the_time_for_it_is_not_testable_and_can_still_be_convicted() {
        let users = ["alice".to_owned()];
        let judged = |story: &Story| {
            let context = Context { users: &users, capabilities: &[], subjects: RULE.subjects, contract: None };
            story.seen_by((RULE.monitor)(&context))
        };
        let evidence = judged(&polled(1, 0));
        assert_eq!((evidence.exercised, evidence.findings.len()), (0, 0));
        assert!(evidence.not_testable.is_some_and(|why| why.contains("--slow")));
        assert_eq!(judged(&polled(2, 60_000)).findings.len(), 1, "by the real clock they are next to each other");
    }
}
