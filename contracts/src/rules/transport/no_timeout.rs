use std::collections::BTreeMap;

use crate::history::{Event, Fate, Subject, SubjectChange, What};
use crate::protocol::{Millis, SdkCommandName};
use crate::rules::pace::{Moment, Pace};
use crate::rules::sender::{caller, sender};
use crate::rules::tracker::{AppRequest, Exchange};
use crate::rules::{Context, Evidence, Finding, Joined, Monitor, words};

rule! {
    /// No call waits for the vendor longer than whoever made it says that it does.
    ///
    /// ### What is wrong
    /// The vendor took a call and never answered it, or let its answer drip in a byte at a time, and the backend or the SDK was
    /// still waiting when the time was over that `vendor_timeout` in its file declares (30 seconds unless told otherwise) and a
    /// second more: three more in real time, of which a busy machine takes some. A call ends when whoever made it hangs up, or
    /// when the backend answers its app.
    ///
    /// ### Why it matters
    /// Lines die without a word: behind a middlebox that forgot them, in a data centre that burns. A backend without a timeout
    /// loses a thread or a connection to each such call, and in the end stops answering anybody. An SDK without one never syncs
    /// again. A timeout that starts anew with every byte is none.
    ///
    /// ### How it is provoked
    /// The vendor goes silent in the middle of a call, and in the middle of an answer. Time is the backend's own, so a real
    /// process that declares more than 4 seconds needs `--slow`. An SDK's time has to be moved for it.
    ///
    /// ### What is right
    /// One deadline over a whole call, from connecting to the last byte. The app then hears that the call failed.
    ///
    /// ### Example
    /// ```text
    /// app -> backend     POST /credential
    /// backend -> vendor  POST /auth
    ///                                                                         <- nothing, for minutes
    /// ```
    {
        name: "transport/no-timeout",
        subjects: [ClientBackend, Sdk],
        needs: [],
        precondition: "a call that the vendor would never have answered to the end, until it was given up",
        slow: true,
        monitor: |context| Box::new(Watch::new(context)),
    }
}

/// The tolerance on top of the declared timeout: timers are not exact, and hanging up takes a moment.
const LONGER: Millis = Millis::from_secs(1);
/// The tolerance in real time, of which a busy machine takes some.
const LONGER_IF_BUSY: Millis = Millis::from_secs(3);
/// The longest timeout that is tested in real time without `--slow`.
const SHORT: Millis = Millis::from_secs(4);

/// The end of a call or process: its place in the history and its time.
type End = (u64, Moment);

struct Watch {
    of_backend: Pace,
    of_sdk: Pace,
    /// The subjects under test, each with the timeout that it declares.
    declared: Vec<(Subject, Millis)>,
    /// The times when the backend was killed or exited.
    deaths: Vec<End>,
    not_testable: Option<String>,
}

/// A call with all events that may have ended it.
struct Wait<'w> {
    call: &'w Exchange,
    /// The answer to the backend's app, or the SDK's next identical request.
    told: Option<End>,
    /// The times when the caller was killed.
    deaths: &'w [End],
    /// The longest time that it may wait, as declared.
    declared: Millis,
    pace: Pace,
}

impl Watch {
    fn new(context: &Context<'_>) -> Self {
        let declared = |subject: &Subject| match subject {
            Subject::Sdk => (*subject, context.sdk_timeout()),
            _ => (*subject, context.vendor_timeout()),
        };
        Self {
            of_backend: Pace::of(context),
            of_sdk: Pace::of_sdk(context),
            declared: context.subjects.iter().map(declared).collect(),
            deaths: Vec::new(),
            not_testable: not_testable(context),
        }
    }

    fn declared(&self, subject: Subject) -> Option<Millis> {
        self.declared.iter().find(|(one, _)| *one == subject).map(|(_, declared)| *declared)
    }

    fn weigh(wait: &Wait<'_>, evidence: &mut Evidence) {
        let Some(waited) = Self::waited(wait) else { return };
        // An answer that was only late would have ended the wait in time.
        evidence.exercised += u64::from(wait.is_endless() || waited > wait.longest());
        if waited > wait.longest() {
            let (who, what) = (caller(&wait.call.request), words::operation(&wait.call.request));
            let message = format!("{who} waited {waited} for {what}, and declares {} at most", wait.declared);
            evidence.findings.push(Finding::new(message, [wait.call.opened]));
        }
    }

    fn of_backend(&self, joined: &Joined<'_>, declared: Millis, evidence: &mut Evidence) {
        let requests = joined.app_requests();
        let told: BTreeMap<u64, Option<End>> =
            requests.iter().flat_map(|request| request.calls.iter().map(|call| (call.opened, told(request)))).collect();
        let exchanges = joined.exchanges().iter().copied();
        for call in exchanges.filter(|one| sender(&one.request) == Some(Subject::ClientBackend)) {
            let told = told.get(&call.opened).copied().flatten();
            Self::weigh(&Wait { call, told, deaths: &self.deaths, declared, pace: self.of_backend }, evidence);
        }
    }

    fn of_sdks(&self, joined: &Joined<'_>, declared: Millis, evidence: &mut Evidence) {
        for timeline in joined.timelines() {
            let deaths: Vec<End> =
                timeline.commands(&[SdkCommandName::Kill]).map(|command| (command.seq, command.began)).collect();
            for (place, call) in timeline.spoke.iter().enumerate() {
                let told = tried_again(call, &timeline.spoke[place + 1..]);
                Self::weigh(&Wait { call, told, deaths: &deaths, declared, pace: self.of_sdk }, evidence);
            }
        }
    }

    /// The time that a call without a whole answer was kept waiting. `None` if the vendor's side ended it in time.
    fn waited(wait: &Wait<'_>) -> Option<Millis> {
        let Wait { call, told, deaths, .. } = *wait;
        let (seq, answer) = call.answer_in_place()?;
        let given_up = call.broken_off;
        let broken = call.answered.filter(|_| answer.fate == Fate::Lost).map(|moment| (seq, moment));
        let ended = given_up.or(broken)?;
        // A killed process waits no more, though the vendor may notice later.
        if let Some(died) = deaths.iter().find(|died| (call.opened..=ended.0).contains(&died.0)) {
            return Some(wait.pace.between(call.began, died.1)).filter(|waited| *waited > wait.longest());
        }
        // After the answer to its app, or a new try, the caller waits no more. The vendor may notice the hang-up
        // later.
        let told = told.filter(|told| told.0 < ended.0);
        let waited = wait.pace.between(call.began, told.unwrap_or(ended).1);
        (given_up.is_some() || told.is_some() || waited > wait.longest()).then_some(waited)
    }
}

impl Wait<'_> {
    /// Whether the vendor would never have answered to the end: it said nothing at all, or let its answer drip.
    fn is_endless(&self) -> bool {
        self.call.answer().is_some_and(|answer| answer.status == 0 || answer.fate == Fate::Cut)
    }

    fn longest(&self) -> Millis {
        let longer = if self.pace.is_real() { LONGER_IF_BUSY } else { LONGER };
        Millis::new(self.declared.get() + longer.get())
    }
}

/// The reason why these subjects can't exercise the rule, if there is one.
fn not_testable(context: &Context<'_>) -> Option<String> {
    if context.subjects.contains(&Subject::Sdk) {
        return context.lacks_commands(&["advance"]);
    }
    let lacks_time = context.lacks_time().filter(|_| context.vendor_timeout() > SHORT);
    context.lacks_app().or_else(|| {
        lacks_time.map(|lack| format!("{lack}, or declare a `vendor_timeout` of {SHORT} or less under [subject]"))
    })
}

/// The time when the same request was sent again. A client that sends it anew has given up the first.
fn tried_again(call: &Exchange, later: &[&Exchange]) -> Option<End> {
    let body = |exchange: &Exchange| exchange.request.body.as_ref().map(|body| body.text.clone());
    let is_same = |one: &&&Exchange| one.request.operation == call.request.operation && body(one) == body(call);
    let is_unheard = call.delivered().is_none();
    later.iter().filter(|_| is_unheard).find(is_same).map(|again| (again.opened, again.began))
}

fn told(request: &AppRequest<'_>) -> Option<End> {
    let (seq, _) = request.exchange.answer_in_place()?;
    Some((seq, request.exchange.answered?))
}

impl Monitor for Watch {
    fn observe(&mut self, event: &Event) {
        if let What::Subject(SubjectChange { change }) = &event.event
            && matches!(change.as_str(), "killed" | "exited")
        {
            self.deaths.push((event.seq, Moment::of(event)));
        }
    }

    fn finish(self: Box<Self>, joined: &Joined<'_>) -> Evidence {
        let mut evidence = Evidence::default();
        if let Some(declared) = self.declared(Subject::ClientBackend) {
            self.of_backend(joined, declared, &mut evidence);
        }
        if let Some(declared) = self.declared(Subject::Sdk) {
            self.of_sdks(joined, declared, &mut evidence);
        }
        if self.not_testable.is_some() {
            evidence.exercised = 0;
        }
        Evidence { not_testable: self.not_testable, ..evidence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Response;
    use crate::rules::testing::{
        Story, app, create, failed, issue, issued, no_occasion, response, same_occasion, wish,
    };

    fn nothing() -> Response {
        Response { fate: Fate::Lost, ..response(0) }
    }

    fn gone(exchange: u64) -> What {
        What::SendFailed { exchange, why: "the client went away".to_owned(), unreached: false }
    }

    /// A call that gets no answer, and that the backend gives up after this many milliseconds.
    fn given_up(after: i64) -> Story {
        let mut story = Story::of(&["sdk:advance"]);
        let asked = story.send(app(wish("alice")));
        let call = story.send(issue("a-1"));
        story.pass(after);
        story.answer(call, nothing());
        story.event(gone(call));
        story.answer(asked, failed(503, "later"));
        story
    }

    #[test]
    fn a_call_that_is_given_up_in_time_keeps_the_rule() {
        assert_eq!(given_up(10_000).passed(&RULE), 1);
        assert_eq!(given_up(31_000).passed(&RULE), 1);
    }

    #[test]
    fn the_same_silence_that_is_borne_too_long_is_found() {
        same_occasion(&RULE, &given_up(10_000), &given_up(40_000));
        let mut late = Story::of(&["sdk:advance"]);
        late.send(app(wish("alice")));
        let call = late.send(issue("a-1"));
        late.answer(call, Response { fate: Fate::Lost, ..issued("credential#1") });
        late.event(gone(call));
        no_occasion(&RULE, &late);
    }

    #[test]
    fn a_call_that_waits_longer_is_found() {
        let message = "the client backend waited 31s1ms for issue_credential, and declares 30s at most";
        assert_eq!(given_up(31_001).findings(&RULE), [(message.to_owned(), vec![2])]);
    }

    #[test]
    fn a_call_that_only_the_vendors_side_ended_is_found_if_that_took_too_long() {
        let ended = |after| {
            let mut story = Story::of(&["sdk:advance"]);
            story.send(app(wish("alice")));
            let call = story.send(issue("a-1"));
            story.pass(after);
            story.answer(call, nothing());
            story
        };
        assert_eq!(ended(40_000).findings(&RULE).len(), 1);
        assert_eq!(ended(100).passed(&RULE), 0);
    }

    #[test]
    fn an_answer_that_drips_counts_until_the_backend_hangs_up() {
        let dripping = |after| {
            let mut story = Story::of(&["sdk:advance"]);
            story.send(app(wish("alice")));
            let call = story.send(issue("a-1"));
            story.answer(call, Response { fate: Fate::Cut, ..issued("credential#1") });
            story.pass(after);
            story.event(gone(call));
            story
        };
        assert_eq!(dripping(10_000).passed(&RULE), 1);
        assert_eq!(dripping(40_000).findings(&RULE).len(), 1);
    }

    #[test]
    fn a_backend_that_answered_its_app_waits_no_more() {
        let mut story = Story::of(&["sdk:advance"]);
        let asked = story.send(app(wish("alice")));
        let call = story.send(issue("a-1"));
        story.pass(10_000);
        story.answer(asked, failed(503, "later"));
        story.pass(60_000);
        story.answer(call, nothing());
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn an_sdk_that_tries_again_waits_no_more_though_the_vendor_notices_later() {
        let noticed_late = |credential: &str| {
            let mut story = Story::of(&["sdk", "sdk:advance"]);
            let first = story.send(create("phone", "credential#1"));
            story.pass(30_000);
            story.send(create("phone", credential));
            story.pass(30_000);
            story.answer(first, nothing());
            story.event(gone(first));
            story.findings(&RULE).len()
        };
        assert_eq!((noticed_late("credential#1"), noticed_late("credential#2")), (0, 1));
    }

    #[test]
    fn a_backend_that_was_killed_waits_no_more_though_the_vendor_notices_later() {
        let killed_after = |millis| {
            let mut story = Story::of(&["sdk:advance"]);
            story.send(app(wish("alice")));
            let call = story.send(issue("a-1"));
            story.pass(millis);
            story.killed();
            story.pass(60_000);
            story.answer(call, nothing());
            story
        };
        assert_eq!(killed_after(10_000).passed(&RULE), 0);
        assert_eq!(killed_after(40_000).findings(&RULE).len(), 1);
    }

    #[test]
    fn answers_that_came_are_not_judged() {
        let mut story = Story::of(&["sdk:advance"]);
        story.hand_out("alice", "a-1", "credential#1");
        story.call(issue("a-1"), Response { fate: Fate::Cut, ..issued("credential#2") });
        assert_eq!(story.passed(&RULE), 0);
    }

    /// An SDK's call that gets no answer, and ends in this way after this many milliseconds.
    fn of_an_sdk(after: i64, ended: impl FnOnce(&mut Story, u64)) -> Story {
        let mut story = Story::of(&["sdk:advance", "sdk_timeout:10s"]);
        let call = story.send(create("phone", "credential#1"));
        story.pass(after);
        ended(&mut story, call);
        story
    }

    #[test]
    fn an_sdk_that_hangs_up_in_time_holds_and_one_that_waits_longer_than_it_says_is_found() {
        let hangs_up = |story: &mut Story, call| {
            story.answer(call, nothing());
            story.event(gone(call));
        };
        assert_eq!(of_an_sdk(11_000, hangs_up).passed(&RULE), 1);
        let message = "the SDK of phone waited 20s for create_user, and declares 10s at most";
        assert_eq!(of_an_sdk(20_000, hangs_up).findings(&RULE), [(message.to_owned(), vec![1])]);
    }

    #[test]
    fn an_sdk_that_was_killed_waits_no_more() {
        let is_killed = |story: &mut Story, call| {
            story.told("phone", SdkCommandName::Kill, serde_json::json!({}));
            story.pass(60_000);
            story.answer(call, nothing());
        };
        assert_eq!(of_an_sdk(5_000, is_killed).passed(&RULE), 0);
        assert_eq!(of_an_sdk(20_000, is_killed).findings(&RULE).len(), 1);
    }

    #[test]
    fn an_sdk_whose_time_nobody_moves_is_not_testable() {
        let evidence = Story::of(&["sdk"]).evidence(&RULE);
        assert_eq!(evidence.not_testable.as_deref(), Some("the adapter does not have the capability `advance`"));
    }

    #[test]
    fn the_declared_time_is_what_counts_and_what_can_be_waited_for() {
        let users = ["alice".to_owned()];
        let judged = |story: &Story, declared: &str| {
            let capabilities = [format!("vendor_timeout:{declared}")];
            let (capabilities, subjects) = (&capabilities, &[Subject::ClientBackend]);
            story.seen_by((RULE.monitor)(&Context { users: &users, capabilities, subjects, contract: None }))
        };
        assert_eq!(judged(&given_up(0), "2s").exercised, 1);
        let evidence = judged(&given_up(0), "5s");
        assert_eq!(evidence.exercised, 0);
        assert!(evidence.not_testable.is_some_and(|why| why.contains("vendor_timeout")));
    }
}
