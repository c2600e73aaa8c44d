use crate::protocol::{CommandName, Millis, Pauses};
use crate::rules::at_the_end::at_the_end;
use crate::rules::pace::Pace;
use crate::rules::people::about;
use crate::rules::tracker::{AppRequest, Exchange};
use crate::rules::{Context, Evidence, Finding, words};

rule! {
    /// A call for a result that failed for a moment is made again after the vendor's pauses, and then no more.
    ///
    /// ### What is wrong
    /// The vendor answered 5xx or 429 to a call that reads a result back, and for that request of its app the backend gave up
    /// too soon, called again at another time than the vendor says, or went on after its last try. With pauses of 2 and
    /// 5 seconds the second call is due 2 seconds after the first failure was told, the third 5 seconds after the second, and
    /// there is no fourth. A call may come a tenth of a second early, and late by half of its pause and a second more.
    ///
    /// ### Why it matters
    /// Most such failures are over within seconds, so giving up at once loses results that were there. Trying at once, or for
    /// ever, keeps a vendor that is down from getting up.
    ///
    /// ### How it is provoked
    /// The vendor fails, and an app asks. Time is the backend's own, so a real process needs `--slow`. An answer that says
    /// itself when to come back, by `Retry-After`, is the affair of `sync/retry-after-ignored`, and a call that was not
    /// answered at all is nobody's.
    ///
    /// ### What is right
    /// The pauses as they are documented. Jitter is allowed on top of them, up to half of each: a draw from nothing to the whole
    /// pause, which is full jitter elsewhere, would come too early here.
    ///
    /// ### Example
    /// ```text
    /// backend -> vendor  POST /risk/predictors
    /// vendor -> backend  503
    /// backend -> vendor  POST /risk/predictors                                <- at once
    /// ```
    {
        name: "readback/retry-schedule",
        needs: [ReadBack],
        precondition: "a 5xx or 429 without Retry-After to a call that reads a result back for a request of the app, and the answer to that request",
        slow: true,
        monitor: |context| {
            let schedule = Schedule::of(context);
            let not_testable = context.lacks_call("read_back").or_else(|| context.lacks_time());
            let is_testable = not_testable.is_none();
            at_the_end(not_testable, move |requests| schedule.judge(requests, is_testable))
        },
    }
}

/// The tolerance by which a call may begin too early.
const EARLY: Millis = Millis::new(100);
/// The tolerance by which a call may begin later than the longest jitter allows.
const LATE: Millis = Millis::from_secs(1);

struct Schedule {
    pace: Pace,
    pauses: Vec<Millis>,
}

/// Successive calls for one id. All but the last failed.
type Failures<'f, 't> = &'f [&'t Exchange];

impl Schedule {
    fn of(context: &Context<'_>) -> Self {
        let told: Option<Pauses> = context.fact("read_back.retry_pauses");
        let pauses = told.map_or_else(|| vec![Millis::from_secs(2), Millis::from_secs(5)], |pauses| pauses.0);
        Self { pace: Pace::of(context), pauses }
    }

    fn judge(&self, requests: &[AppRequest<'_>], is_testable: bool) -> Evidence {
        let mut evidence = Evidence::default();
        // A backend that never answered its app may have had no time to go on.
        for request in requests.iter().filter(|request| request.exchange.delivered().is_some()) {
            let reads: Vec<&Exchange> = request.calls.iter().copied().filter(|call| is_read(call)).collect();
            for tries in reads.chunk_by(|one, next| is_failure(one) && same_call(one, next)) {
                evidence.exercised += u64::from(is_testable && is_failure(tries[0]) && !says_when(tries[0]));
                let offence = self.offence(tries);
                let whose = words::app(request.intent);
                evidence.findings.extend(offence.map(|(what, proof)| {
                    Finding::new(format!("for one request of {whose} the client backend {what}"), proof)
                }));
            }
        }
        evidence
    }

    /// The violation in a call and its further tries, with its proof. The last try may have succeeded.
    fn offence(&self, tries: Failures<'_, '_>) -> Option<(String, Vec<u64>)> {
        for (number, pair) in tries.windows(2).enumerate() {
            let [failed, next] = pair else { continue };
            let gap = self.pace.between(failed.answered?, next.began);
            let proof = vec![failed.opened, next.opened];
            match self.pauses.get(number) {
                None => return Some((format!("called again after {number} further tries"), proof)),
                Some(_) if says_when(failed) => {}
                Some(pause) if !is_due(gap, *pause) => {
                    return Some((format!("called again {gap} after a failure, which was due after {pause}"), proof));
                }
                Some(_) => {}
            }
        }
        let last = tries.last()?;
        let gave_up = is_failure(last) && !says_when(last) && tries.len() <= self.pauses.len();
        gave_up.then(|| (format!("gave up after {} further tries", tries.len() - 1), vec![last.opened]))
    }
}

fn is_due(gap: Millis, pause: Millis) -> bool {
    let latest = pause.get() + pause.get() / 2 + LATE.get();
    (pause.get().saturating_sub(EARLY.get())..=latest).contains(&gap.get())
}

fn is_read(call: &Exchange) -> bool {
    call.command() == Some(CommandName::ReadBack)
}

fn is_failure(call: &Exchange) -> bool {
    call.delivered().is_some_and(|(_, answer)| matches!(answer.status, 429 | 500..=599))
}

/// Whether the answer itself says when to come back.
fn says_when(call: &Exchange) -> bool {
    call.delivered().is_some_and(|(_, answer)| answer.headers.iter().any(|(name, _)| name == "retry-after"))
}

fn same_call(one: &Exchange, next: &Exchange) -> bool {
    one.request.operation == next.request.operation && about(one) == about(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Response;
    use crate::protocol::ReplyName;
    use crate::rules::testing::{Story, app, failed, handed, no_occasion, response, same_occasion, vendor_call, wish};

    /// One request of the app, and calls with these answers, each this many milliseconds after the answer before.
    fn story(calls: &[(i64, Response)]) -> Story {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        for (pause, answer) in calls {
            story.pass(*pause);
            story.call(vendor_call(CommandName::ReadBack, "/predictors", "a-1"), answer.clone());
        }
        story.answer(asked, failed(503, "later"));
        story
    }

    fn down() -> Response {
        response(503)
    }

    fn done() -> Response {
        Response { reply: Some(ReplyName::ReadComplete), ..handed("complete") }
    }

    fn found(calls: &[(i64, Response)]) -> Vec<String> {
        story(calls).findings(&RULE).into_iter().map(|(message, _)| message).collect()
    }

    #[test]
    fn two_tries_at_their_time_are_right() {
        assert_eq!(story(&[(0, down()), (2000, down()), (5000, response(429))]).passed(&RULE), 1);
        assert_eq!(story(&[(0, down()), (2000, done())]).passed(&RULE), 1);
        no_occasion(&RULE, &story(&[(0, done())]));
        let right = story(&[(0, down()), (2000, done())]);
        same_occasion(&RULE, &right, &story(&[(0, down()), (0, done())]));
        same_occasion(&RULE, &right, &story(&[(0, down())]));
    }

    #[test]
    fn jitter_on_top_is_allowed_up_to_half() {
        assert_eq!(story(&[(0, down()), (3000, down()), (7500, down())]).passed(&RULE), 1);
        assert_eq!(found(&[(0, down()), (4001, done())]).len(), 1);
        assert_eq!(found(&[(0, down()), (1899, done())]).len(), 1);
    }

    #[test]
    fn a_try_at_once_is_found() {
        let message =
            "for one request of alice's app the client backend called again 0s after a failure, which was due after 2s";
        let story = story(&[(0, down()), (0, done())]);
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![2, 4])]);
    }

    #[test]
    fn giving_up_too_soon_is_found() {
        let message = "for one request of alice's app the client backend gave up after 1 further tries";
        assert_eq!(found(&[(0, down()), (2000, down())]), [message]);
    }

    #[test]
    fn a_fourth_call_is_found() {
        let calls = [(0, down()), (2000, down()), (5000, down()), (10_000, down())];
        assert_eq!(
            found(&calls),
            ["for one request of alice's app the client backend called again after 2 further tries"]
        );
    }

    #[test]
    fn each_failure_after_a_good_answer_begins_anew() {
        let pending = || Response { reply: Some(ReplyName::ReadPending), ..response(202) };
        let calls = [(0, down()), (2000, pending()), (10_000, down()), (2000, down()), (5000, done())];
        assert_eq!(story(&calls).passed(&RULE), 2);
    }

    #[test]
    fn an_answer_that_says_when_to_come_back_is_the_affair_of_another_rule() {
        let told = || Response { headers: vec![("retry-after".to_owned(), "30".to_owned())], ..down() };
        no_occasion(&RULE, &story(&[(0, told()), (30_000, done())]));
        no_occasion(&RULE, &story(&[(0, told())]));
    }

    #[test]
    fn a_request_that_was_never_answered_shows_nothing() {
        let mut story = story(&[(0, down())]);
        story.events.pop();
        assert_eq!(story.passed(&RULE), 0);
    }
}
