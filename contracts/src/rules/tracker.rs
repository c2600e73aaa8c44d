//! Joins the legs: finds the app request for which a client backend made each call to the vendor.
//!
//! Nothing on the wire says so, and backends work concurrently and ahead of need. Two things are evidence. A
//! credential that the vendor issued in a call and that is in an answer to the app joins the two. Otherwise a call
//! that began while a single app request was open belongs to that request. All other calls belong to no request, and
//! no rule may rely on them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::history::{AppIntent, Call, Event, Fate, Leg, Placeholder, Request, Response, What};
use crate::protocol::{CommandName, SdkCommandName};
use crate::rules::pace::Moment;

/// A request and its answer.
#[derive(Debug)]
pub struct Exchange {
    /// The request's place in the history.
    pub opened: u64,
    /// The request.
    pub request: Arc<Request>,
    /// The answer, with its place in the history.
    answer: Option<(u64, Arc<Response>)>,
    /// The time when the request began, by the sandbox's clock and by the real one.
    pub(crate) began: Moment,
    /// The time of the answer, even if it was lost.
    pub(crate) answered: Option<Moment>,
    /// The time when the exchange broke off on the wire, with its place in the history.
    pub(crate) broken_off: Option<(u64, Moment)>,
    /// The app exchange that was the only open one when this call began.
    alone: Option<u64>,
    /// Whether no app exchange was open when this call began.
    unasked: bool,
}

impl Exchange {
    /// The answer, even if it was lost or cut on the wire.
    pub fn answer(&self) -> Option<&Response> {
        self.answer.as_ref().map(|(_, response)| &**response)
    }

    /// The answer with its place in the history, even if it was lost or cut on the wire.
    pub(crate) fn answer_in_place(&self) -> Option<(u64, &Response)> {
        self.answer.as_ref().map(|(seq, response)| (*seq, &**response))
    }

    /// The answer with its place in the history, if the whole of it was delivered.
    pub fn delivered(&self) -> Option<(u64, &Response)> {
        let (seq, response) = self.answer.as_ref()?;
        (self.broken_off.is_none() && response.fate == Fate::Delivered).then_some((*seq, &**response))
    }

    /// Whether the exchange was over only after this place, by its answer or without one.
    pub(crate) fn ended_after(&self, place: u64) -> bool {
        let answered = self.answer.as_ref().map(|(seq, _)| *seq);
        let over = self.broken_off.map(|(seq, _)| seq).or(answered);
        over.is_some_and(|over| over > place)
    }

    /// The command, if the request is a step of the vendor's protocol.
    pub fn command(&self) -> Option<CommandName> {
        self.request.step.as_ref().map(|step| step.command)
    }
}

/// A request of the app, and the calls that the backend made for it.
#[derive(Debug)]
pub struct AppRequest<'t> {
    /// The app's request and the backend's answer.
    pub exchange: &'t Exchange,
    /// The harness's intent, if the harness made the request.
    pub intent: Option<&'t AppIntent>,
    /// The calls to the vendor, in the order in which they began.
    pub calls: Vec<&'t Exchange>,
}

/// Collects the exchanges of a history.
#[derive(Debug, Default)]
pub struct Tracker {
    exchanges: BTreeMap<u64, Exchange>,
    /// The app requests that are open.
    open: BTreeSet<u64>,
    /// Whether the backend may be working on a request that is not open: the app gave it up, or it was never
    /// recorded.
    murky: bool,
    /// The installs whose process was told to die and has not been started again.
    dead: BTreeSet<String>,
}

impl Tracker {
    /// Processes the next event.
    pub fn observe(&mut self, event: &Event) {
        match &event.event {
            What::Request(request) => self.begin(event, request),
            What::Response(response) => self.answer(event, response),
            What::SendFailed { exchange, .. } => self.fail(event, *exchange),
            What::Call(call) => self.command(event, call),
            What::Dropped { .. } => self.murky = true,
            What::Quiescent => self.settle(),
            What::Subject(subject) if matches!(subject.change.as_str(), "killed" | "exited") => self.settle(),
            _ => {}
        }
    }

    /// All requests of the app with the calls made for each, in the order in which they came.
    pub fn app_requests(&self) -> Vec<AppRequest<'_>> {
        let holders = self.holders();
        let mut calls: BTreeMap<u64, Vec<&Exchange>> = BTreeMap::new();
        for call in self.on(Leg::BackendToVendor) {
            if let Some(owner) = self.owner(call, &holders) {
                calls.entry(owner).or_default().push(call);
            }
        }
        let requests = self.on(Leg::AppToBackend).into_iter();
        requests
            .map(|exchange| AppRequest {
                exchange,
                intent: exchange.request.intent.as_ref(),
                calls: calls.remove(&exchange.request.exchange).unwrap_or_default(),
            })
            .collect()
    }

    /// All exchanges of all legs, in the order in which they began.
    pub fn exchanges(&self) -> Vec<&Exchange> {
        let mut all: Vec<_> = self.exchanges.values().collect();
        all.sort_by_key(|exchange| exchange.opened);
        all
    }

    /// The calls that the backend made while no app request was open, in the order in which they began.
    pub(crate) fn unasked(&self) -> Vec<&Exchange> {
        self.on(Leg::BackendToVendor).into_iter().filter(|call| call.unasked).collect()
    }

    fn begin(&mut self, event: &Event, request: &Arc<Request>) {
        // What a browser does for itself is nobody's exchange.
        if request.leg == Leg::BrowserToVendor {
            return;
        }
        let alone = (!self.murky && self.open.len() == 1).then(|| self.open.first().copied()).flatten();
        let alone = alone.filter(|_| request.leg == Leg::BackendToVendor);
        if request.leg == Leg::AppToBackend {
            self.open.insert(request.exchange);
        }
        let exchange = Exchange {
            opened: event.seq,
            request: request.clone(),
            answer: None,
            began: Moment::of(event),
            answered: None,
            broken_off: request
                .install
                .as_ref()
                .filter(|label| self.dead.contains(*label))
                .map(|_| (event.seq, Moment::of(event))),
            alone,
            unasked: self.open.is_empty() && !self.murky,
        };
        self.exchanges.insert(request.exchange, exchange);
    }

    fn answer(&mut self, event: &Event, response: &Arc<Response>) {
        self.open.remove(&response.exchange);
        if let Some(exchange) = self.exchanges.get_mut(&response.exchange) {
            exchange.answer = Some((event.seq, response.clone()));
            exchange.answered = Some(Moment::of(event));
        }
    }

    fn fail(&mut self, event: &Event, number: u64) {
        // The app gave up waiting, and it is unknown how long the backend goes on.
        self.murky |= self.open.remove(&number);
        if let Some(exchange) = self.exchanges.get_mut(&number) {
            exchange.broken_off.get_or_insert((event.seq, Moment::of(event)));
        }
    }

    /// A process that dies hears no answer any more, though the vendor may notice later that nobody listens.
    fn command(&mut self, event: &Event, call: &Call) {
        match call.name {
            SdkCommandName::Launch => {
                self.dead.remove(&call.install);
            }
            SdkCommandName::Kill => {
                let is_waiting = |one: &&mut Exchange| {
                    one.request.install.as_ref() == Some(&call.install)
                        && one.answer.is_none()
                        && one.broken_off.is_none()
                };
                for waiting in self.exchanges.values_mut().filter(is_waiting) {
                    waiting.broken_off = Some((event.seq, Moment::of(event)));
                }
                self.dead.insert(call.install.clone());
            }
            _ => {}
        }
    }

    fn settle(&mut self) {
        self.open.clear();
        self.murky = false;
    }

    /// The exchanges of one leg, in the order in which they began.
    fn on(&self, leg: Leg) -> Vec<&Exchange> {
        let mut some: Vec<_> = self.exchanges.values().filter(|exchange| exchange.request.leg == leg).collect();
        some.sort_by_key(|exchange| exchange.opened);
        some
    }

    /// For each credential, the app exchanges whose answers contain it, in the order of the requests.
    fn holders(&self) -> BTreeMap<&str, Vec<u64>> {
        let mut holders: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for exchange in self.on(Leg::AppToBackend) {
            for label in credentials(exchange) {
                holders.entry(label).or_default().push(exchange.request.exchange);
            }
        }
        holders
    }

    fn owner(&self, call: &Exchange, holders: &BTreeMap<&str, Vec<u64>>) -> Option<u64> {
        let issued = credentials(call);
        let holding: Vec<u64> = issued.iter().filter_map(|label| holders.get(label)).flatten().copied().collect();
        let alone = call.alone.filter(|alone| holding.is_empty() || holding.contains(alone));
        if alone.is_none() {
            return holding.first().copied();
        }
        // If the answer to the app contains another call's credential, this call was made ahead of need and not for
        // it.
        let ahead = holding.is_empty() && !issued.is_empty();
        alone.filter(|alone| !(ahead && self.exchanges.get(alone).is_some_and(|app| !credentials(app).is_empty())))
    }
}

/// The labels of the credentials in an exchange's answer. Empty unless the whole answer was delivered.
pub fn credentials(exchange: &Exchange) -> BTreeSet<&str> {
    let placeholders = exchange.delivered().map_or(&[][..], |(_, response)| &response.placeholders);
    placeholders
        .iter()
        .filter(|placeholder| placeholder.kind() == "credential")
        .map(|placeholder: &Placeholder| placeholder.label.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, app, failed, handed, issue, issued, response, wish};

    /// For each app request, the places of the calls that were made for it.
    fn joined(story: &Story) -> Vec<Vec<u64>> {
        let mut tracker = Tracker::default();
        story.events.iter().for_each(|event| tracker.observe(event));
        let requests = tracker.app_requests();
        requests.iter().map(|request| request.calls.iter().map(|call| call.opened).collect()).collect()
    }

    #[test]
    fn a_call_while_one_request_is_open_is_made_for_it() {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        story.call(issue("a-1"), response(503));
        story.call(issue("a-1"), issued("credential#1"));
        story.answer(asked, handed("credential#1"));
        story.call(issue("a-1"), issued("credential#2"));
        assert_eq!(joined(&story), [vec![2, 4]]);
    }

    #[test]
    fn while_two_requests_are_open_only_a_credential_tells() {
        let mut story = Story::new();
        let alice = story.send(app(wish("alice")));
        let bob = story.send(app(wish("bob")));
        story.call(issue("b-1"), issued("credential#1"));
        story.call(issue("a-1"), response(503));
        story.answer(bob, handed("credential#1"));
        story.answer(alice, failed(502, "sorry"));
        assert_eq!(joined(&story), [vec![], vec![3]]);
    }

    #[test]
    fn a_credential_got_ahead_belongs_to_the_app_that_gets_it() {
        let mut story = Story::new();
        story.call(issue("a-1"), issued("credential#1"));
        let alice = story.send(app(wish("alice")));
        story.call(issue("b-1"), issued("credential#2"));
        story.call(issue("c-1"), issued("credential#3"));
        story.answer(alice, handed("credential#1"));
        let bob = story.send(app(wish("bob")));
        story.answer(bob, handed("credential#2"));
        assert_eq!(joined(&story), [vec![1], vec![4]]);
    }

    #[test]
    fn an_answer_that_was_not_heard_gives_no_credential() {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        story.send(app(wish("bob")));
        story.call(issue("a-1"), Response { fate: Fate::Cut, ..issued("credential#1") });
        story.answer(asked, handed("credential#1"));
        assert_eq!(joined(&story), [vec![], vec![]] as [Vec<u64>; 2]);
    }

    #[test]
    fn after_an_app_gave_up_a_lonely_request_proves_nothing_until_all_is_quiet() {
        let mut story = Story::new();
        let given_up = story.send(app(wish("alice")));
        story.event(What::SendFailed { exchange: given_up, why: "timed out".to_owned(), unreached: false });
        let bob = story.send(app(wish("bob")));
        story.call(issue("a-1"), response(503));
        story.answer(bob, failed(502, "sorry"));
        story.event(What::Quiescent);
        story.send(app(wish("bob")));
        story.call(issue("b-1"), response(503));
        assert_eq!(joined(&story), [vec![], vec![], vec![9]]);
    }

    #[test]
    fn a_killed_backend_has_no_open_requests() {
        let mut story = Story::new();
        story.send(app(wish("alice")));
        story.killed();
        story.send(app(wish("bob")));
        story.call(issue("b-1"), response(503));
        assert_eq!(joined(&story), [vec![], vec![4]]);
    }
}
