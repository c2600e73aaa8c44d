use crate::history::{Response, Subject};
use crate::protocol::{Millis, SdkCommandName, Timestamp};
use crate::rules::batches::batch_id;
use crate::rules::pace::Pace;
use crate::rules::people::about;
use crate::rules::timelines::{InstallTimeline, over_installs};
use crate::rules::tracker::{AppRequest, Exchange};
use crate::rules::{Evidence, Finding, Joined, words};

rule! {
    /// Whoever is told when to come back does not come back sooner.
    ///
    /// ### What is wrong
    /// The vendor answered 429 or 503 with `Retry-After`, in seconds or as a date, and for the same request of its app the
    /// backend made the same call again before that time, by more than a tenth of a second; or an SDK did, though its app
    /// had not asked for anything since. Or the header held something else, such as `soon` or `-5`, and every further try
    /// in the whole run came at once, within a millisecond of moved time, or four times within 25 milliseconds of real
    /// time: what can't be read as a time is no leave to skip one's own pause.
    ///
    /// ### Why it matters
    /// The header is how a vendor in trouble spreads its load. A backend that ignores it makes the trouble last, for itself as
    /// for everybody else, and a value that is read as zero or as a negative pause turns a retry into a loop.
    ///
    /// ### How it is provoked
    /// The vendor throttles, or is down, and says when to come back: in both forms, and in words that are neither.
    ///
    /// ### What is right
    /// Whoever called waits at least as long as it is told, or longer; or tells its app that it failed, and makes no further
    /// call. What can't be read is met with the pause that would have been made without the header.
    ///
    /// ### Example
    /// ```text
    /// backend -> vendor  POST /auth
    /// vendor -> backend  429  retry-after: 30
    /// backend -> vendor  POST /auth                                           <- two seconds later
    /// ```
    {
        name: "sync/retry-after-ignored",
        subjects: [ClientBackend, Sdk],
        needs: [],
        precondition: "a 429 or 503 with a Retry-After that is not over at once, heard by the client backend for a request that it answered later, or by an SDK that had time before its app asked for something; or two with what is no time, four in real time, after each of which the call came again",
        monitor: |context| {
            let is_judged = |subject| context.subjects.contains(&subject);
            let backend = is_judged(Subject::ClientBackend).then(|| Pace::of(context));
            let sdk = (is_judged(Subject::Sdk) && context.is_driven()).then(|| Pace::of_sdk(context));
            let not_testable = if is_judged(Subject::ClientBackend) { context.lacks_app() } else { context.lacks_commands(&[]) };
            over_installs(not_testable.filter(|_| sdk.is_none()), move |timelines| judge(backend, sdk, timelines))
        },
    }
}

/// The tolerance by which a call may begin too early: timers are not exact.
const EARLY: Millis = Millis::new(100);
/// The pauses that count as none. A random pause may be that short by chance, but not every time: of one below a second in
/// a moved time, twice in a million; of one below a quarter of a second in real time, once in ten thousand.
struct NoPause {
    longest: Millis,
    /// How often it takes.
    times: usize,
}

impl NoPause {
    fn of(pace: Pace) -> Self {
        let (longest, times) = if pace.is_real() { (25, 4) } else { (1, 2) };
        Self { longest: Millis::new(longest), times }
    }
}

/// The pause that an answer asks for.
enum AskedPause {
    After(Millis),
    Nonsense(String),
}

/// A call that was told when to come back, with its sender and the next call.
struct PausedCall<'t> {
    who: String,
    told: AskedPause,
    again: Option<Again<'t>>,
    /// Whether the sender had time to make the call again of its own accord.
    had_turn: bool,
}

impl PausedCall<'_> {
    /// Whether coming back at once would be found by itself.
    fn is_occasion(&self) -> bool {
        self.had_turn && matches!(self.told, AskedPause::After(span) if span > EARLY)
    }
}

/// A repeated call, with the call before it and the time since that one's answer.
struct Again<'t> {
    told: &'t Exchange,
    next: &'t Exchange,
    gap: Millis,
}

/// Judges the client backend and the SDK, each by its own clock, if it is under test.
fn judge(backend: Option<Pace>, sdk: Option<Pace>, joined: &Joined<'_>) -> Evidence {
    let mut evidence = Evidence::default();
    if let Some(pace) = backend {
        weigh(&of_backends(pace, joined.app_requests()), &NoPause::of(pace), &mut evidence);
    }
    if let Some(pace) = sdk {
        let timelines = joined.timelines();
        let calls: Vec<_> = timelines.iter().flat_map(|timeline| of_an_sdk(pace, timeline)).collect();
        weigh(&calls, &NoPause::of(pace), &mut evidence);
    }
    evidence
}

fn weigh(calls: &[PausedCall<'_>], no_pause: &NoPause, evidence: &mut Evidence) {
    evidence.exercised += calls.iter().filter(|call| call.is_occasion()).count() as u64;
    for call in calls {
        if let (AskedPause::After(span), Some(again)) = (&call.told, &call.again)
            && again.gap.get() + EARLY.get() < span.get()
        {
            let what = format!("{} later, and was told to wait for {span}", again.gap);
            evidence.findings.push(finding(&call.who, again, &what));
        }
    }
    let mut after_nonsense = calls.iter().filter_map(|call| match &call.told {
        AskedPause::Nonsense(text) => Some((text, &call.who, call.again.as_ref()?)),
        AskedPause::After(_) => None,
    });
    let first = after_nonsense.clone().next().filter(|_| after_nonsense.clone().count() >= no_pause.times);
    evidence.exercised += u64::from(first.is_some());
    if let Some((text, who, again)) =
        first.filter(|_| after_nonsense.all(|(_, _, again)| again.gap <= no_pause.longest))
    {
        let what = format!("at once, because it was told `{text}`, which is no time");
        evidence.findings.push(finding(who, again, &what));
    }
}

fn finding(who: &str, again: &Again<'_>, what: &str) -> Finding {
    Finding::new(format!("{who} made the same call again {what}"), [again.told.opened, again.next.opened])
}

fn of_backends<'t>(pace: Pace, requests: &[AppRequest<'t>]) -> Vec<PausedCall<'t>> {
    let mut calls = Vec::new();
    for request in requests {
        let who = format!("for one request of {} the client backend", words::app(request.intent));
        for call in &request.calls {
            let Some(told) = told(call) else { continue };
            let again = again(pace, call, &request.calls);
            let had_turn = request.exchange.answer_in_place().is_some_and(|(answered, _)| answered > call.opened);
            calls.push(PausedCall { who: who.clone(), told, again, had_turn });
        }
    }
    calls
}

/// A call that the app asks for anew is no retry. A device whose clock is wrong reads a date wrong.
fn of_an_sdk<'t>(pace: Pace, timeline: &InstallTimeline<'t>) -> Vec<PausedCall<'t>> {
    use SdkCommandName as O;
    const WAITING: &[O] = &[O::Advance, O::Quiesce];
    const ASKING: &[O] = &[O::Launch, O::CreateUser, O::StartSync, O::SyncNow, O::Forget, O::DeviceClock];
    let mut calls = Vec::new();
    for call in &timeline.spoke {
        let Some(told) = told(call).filter(|_| !timeline.was_told(&[SdkCommandName::DeviceClock], 0, call.opened))
        else {
            continue;
        };
        let again = again(pace, call, &timeline.spoke);
        let again = again.filter(|again| !timeline.was_told(ASKING, call.opened, again.next.opened));
        let asked = timeline.commands(ASKING).map(|command| command.seq).find(|seq| *seq > call.opened);
        let had_turn = again.is_some() || timeline.was_told(WAITING, call.opened, asked.unwrap_or(u64::MAX));
        calls.push(PausedCall { who: format!("the SDK of {}", timeline.install), told, again, had_turn });
    }
    calls
}

/// The first call of the same kind, for the same id, that began after this one was answered. A different batch that
/// may have crossed the answer is skipped.
fn again<'t>(pace: Pace, call: &'t Exchange, calls: &[&'t Exchange]) -> Option<Again<'t>> {
    let (heard, _) = call.delivered()?;
    let answered = call.answered?;
    let has_crossed = |other: &Exchange| other.began.may_have_crossed(answered) && batch_id(other) != batch_id(call);
    let is_same = |other: &&&Exchange| {
        other.opened > heard && other.request.operation == call.request.operation && about(other) == about(call)
    };
    let next = *calls.iter().filter(is_same).find(|other| !has_crossed(other))?;
    Some(Again { told: call, next, gap: pace.between(answered, next.began) })
}

fn told(call: &Exchange) -> Option<AskedPause> {
    let (_, answer) = call.delivered()?;
    let value = retry_after(answer)?;
    let now = call.answered?.at;
    let span =
        value.parse().ok().map(Millis::from_secs).or_else(|| Some(Timestamp::from_http_date(value).ok()?.since(now)));
    Some(span.map_or_else(|| AskedPause::Nonsense(value.to_owned()), AskedPause::After))
}

fn retry_after(answer: &Response) -> Option<&str> {
    let throttles = matches!(answer.status, 429 | 503);
    let value = answer.headers.iter().find(|(name, _)| name == "retry-after").map(|(_, value)| value.trim());
    value.filter(|_| throttles)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::Context;
    use crate::rules::testing::{
        Story, app, failed, issue, issued, no_occasion, response, same_occasion, submit, wish,
    };

    fn told(status: u16, value: &str) -> Response {
        Response { headers: vec![("retry-after".to_owned(), value.to_owned())], ..response(status) }
    }

    /// One request of the app: a call with this answer, and another call `later` milliseconds after it.
    fn story(answer: Response, later: i64) -> Story {
        let mut story = Story::new();
        ask(&mut story, answer, later);
        story
    }

    fn ask(story: &mut Story, answer: Response, later: i64) {
        let asked = story.send(app(wish("alice")));
        story.call(issue("a-1"), answer);
        story.pass(later);
        story.call(issue("a-1"), issued("credential#1"));
        story.answer(asked, failed(502, "sorry"));
    }

    #[test]
    fn a_backend_that_waits_or_gives_up_keeps_the_rule() {
        assert_eq!(story(told(429, "2"), 2000).passed(&RULE), 1);
        assert_eq!(story(told(503, "2"), 1900).passed(&RULE), 1);
        assert_eq!(story(told(429, "Thu, 01 Jan 1970 00:00:02 GMT"), 2000).passed(&RULE), 1);
        let mut gave_up = Story::new();
        let asked = gave_up.send(app(wish("alice")));
        gave_up.call(issue("a-1"), told(429, "2"));
        gave_up.answer(asked, failed(502, "sorry"));
        assert_eq!(gave_up.passed(&RULE), 1);
    }

    #[test]
    fn the_same_answer_after_which_the_call_comes_sooner_is_found() {
        same_occasion(&RULE, &story(told(429, "2"), 2000), &story(told(429, "2"), 0));
        same_occasion(&RULE, &of_an_sdk(told(429, "2"), 2000, |_| {}), &of_an_sdk(told(429, "2"), 1000, |_| {}));
        no_occasion(&RULE, &story(told(429, "0"), 0));
    }

    #[test]
    fn coming_back_sooner_is_found_in_both_forms() {
        let message = |later: &str| {
            format!(
                "for one request of alice's app the client backend made the same call again {later} later, and was told to \
                 wait for 2s"
            )
        };
        assert_eq!(story(told(429, "2"), 1899).findings(&RULE), [(message("1s899ms"), vec![2, 4])]);
        let date = told(503, "Thu, 01 Jan 1970 00:00:02 GMT");
        assert_eq!(story(date, 0).findings(&RULE), [(message("0s"), vec![2, 4])]);
    }

    #[test]
    fn what_is_no_time_asks_for_the_own_pause() {
        for nonsense in ["soon", "-5", "1.5", ""] {
            let message = format!(
                "for one request of alice's app the client backend made the same call again at once, because it was told \
                 `{nonsense}`, which is no time"
            );
            let twice = |later| {
                let mut story = story(told(429, nonsense), later);
                ask(&mut story, told(429, nonsense), later);
                story
            };
            assert_eq!(twice(1).findings(&RULE), [(message, vec![2, 4])]);
            assert_eq!(twice(2).passed(&RULE), 1, "that was a pause");
            no_occasion(&RULE, &story(told(429, nonsense), 0));
        }
    }

    #[test]
    fn in_real_time_a_habit_takes_four() {
        let found = |times, later| {
            let mut story = Story::new();
            (0..times).for_each(|_| ask(&mut story, told(429, "soon"), 0));
            // One event is a millisecond later than the one before.
            story.events.iter_mut().for_each(|event| event.mono_us *= later);
            let (users, subjects) = (["alice".to_owned(), "bob".to_owned()], &[Subject::ClientBackend]);
            let context = Context { users: &users, capabilities: &[], subjects, contract: None };
            let evidence = story.seen_by((RULE.monitor)(&context));
            (evidence.exercised, evidence.findings.len())
        };
        assert_eq!([found(3, 25), found(4, 25), found(4, 26)], [(0, 0), (1, 1), (1, 0)]);
    }

    #[test]
    fn one_short_draw_is_no_habit() {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        for pause in [3, 700, 0] {
            story.call(issue("a-1"), told(429, "soon"));
            story.pass(pause);
        }
        story.answer(asked, failed(502, "sorry"));
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn other_statuses_other_ids_and_answers_without_the_header_are_not_judged() {
        assert_eq!(story(told(500, "2"), 0).passed(&RULE), 0);
        assert_eq!(story(response(429), 0).passed(&RULE), 0);
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        story.call(issue("a-1"), told(429, "2"));
        story.call(issue("b-1"), issued("credential#1"));
        story.answer(asked, failed(502, "sorry"));
        assert_eq!(story.passed(&RULE), 1);
    }

    /// An SDK that gets this answer, then the given events, and another batch `later` milliseconds after the answer.
    fn of_an_sdk(answer: Response, later: i64, what: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of(&["sdk", "sdk:advance"]);
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), answer);
        story.pass(later);
        what(&mut story);
        story.call(submit("phone", "session#1", "b-2", &["i-1"]), response(200));
        story
    }

    #[test]
    fn an_sdk_that_comes_back_sooner_is_found() {
        let message = "the SDK of phone made the same call again 1s later, and was told to wait for 2s";
        for answer in [told(429, "2"), told(503, "Thu, 01 Jan 1970 00:00:02 GMT")] {
            assert_eq!(of_an_sdk(answer, 1000, |_| {}).findings(&RULE), [(message.to_owned(), vec![1, 3])]);
        }
        assert_eq!(of_an_sdk(told(503, "2"), 2000, |_| {}).passed(&RULE), 1);
        for nonsense in ["soon", "-5"] {
            let again =
                |story: &mut Story| story.call(submit("phone", "session#1", "b-1", &["i-1"]), told(503, nonsense));
            let mut often = of_an_sdk(told(503, nonsense), 1, again);
            often.call(submit("phone", "session#1", "b-1", &["i-1"]), response(200));
            assert_eq!(often.findings(&RULE).len(), 1);
            no_occasion(&RULE, &of_an_sdk(told(503, nonsense), 26, |_| {}));
        }
    }

    #[test]
    fn another_batch_that_was_on_its_way_by_then_is_no_retry() {
        no_occasion(&RULE, &of_an_sdk(told(429, "2"), 0, |_| {}));
        let mut same = Story::of(&["sdk", "sdk:advance"]);
        for _ in 0..2 {
            same.call(submit("phone", "session#1", "b-1", &["i-1"]), told(429, "2"));
        }
        assert_eq!(same.findings(&RULE).len(), 1);
    }

    #[test]
    fn what_the_app_asks_its_sdk_for_is_no_retry() {
        for command in [SdkCommandName::SyncNow, SdkCommandName::Forget] {
            let asked = of_an_sdk(told(429, "2"), 1000, |story| story.told("phone", command, json!({})));
            no_occasion(&RULE, &asked);
        }
    }
}
