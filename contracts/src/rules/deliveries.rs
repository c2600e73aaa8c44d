//! What was delivered to a client backend's receiver, and what its probe showed between: webhooks are judged by both.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::window::Window;
use super::{Evidence, Finding, Joined, Monitor, normal};
use crate::history::{Credentials, Delivered, Delivery, Event, Leg, Request, Response, What};
use crate::protocol::{Field, ReplyName};

/// One attempt of the vendor to deliver something, or to ask for the app's id.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) seq: u64,
    pub(super) method: String,
    pub(super) delivery: Delivery,
    pub(super) answer: Option<Answered>,
    /// True until it is answered or breaks off: where a history ends meanwhile, nobody knows what comes of it.
    pub(super) under_way: bool,
}

#[derive(Debug)]
pub(super) struct Answered {
    pub(super) seq: u64,
    pub(super) status: u16,
    pub(super) reply: Option<ReplyName>,
    pub(super) app_id: Option<String>,
}

/// What the probe showed of one user, as the backend worded it.
#[derive(Debug)]
pub(super) struct View {
    pub(super) asked: u64,
    pub(super) seq: u64,
    pub(super) value: Value,
}

/// All deliveries and probes of a history.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    pub(super) attempts: Vec<Attempt>,
    views: BTreeMap<String, Vec<View>>,
    pub(super) kills: Vec<u64>,
    /// Attempts that wait for their answer.
    open: BTreeMap<u64, usize>,
    /// Probes that wait for their answer: whose, and when it was asked.
    asked: BTreeMap<u64, (String, u64)>,
}

/// What a rule makes of them.
pub(super) type JudgeDeliveries = fn(&Deliveries) -> Evidence;

/// A monitor that collects, and leaves the judging to `judge`; `not_testable` says why this subject can't be exercised.
pub(super) fn of_deliveries(not_testable: Option<String>, judge: JudgeDeliveries) -> Box<dyn Monitor> {
    Box::new(Watch { deliveries: Deliveries::default(), not_testable, judge })
}

struct Watch {
    deliveries: Deliveries,
    not_testable: Option<String>,
    judge: JudgeDeliveries,
}

impl Monitor for Watch {
    fn observe(&mut self, event: &Event) {
        self.deliveries.observe(event);
    }

    fn finish(self: Box<Self>, _: &Joined<'_>) -> Evidence {
        let mut evidence = (self.judge)(&self.deliveries);
        evidence.not_testable = self.not_testable.or(evidence.not_testable);
        evidence
    }
}

impl Attempt {
    /// True if it came with what the receiver was given.
    pub(super) fn is_valid(&self) -> bool {
        self.delivery.credentials == Credentials::Valid
    }

    /// True if it asked for the app's id.
    pub(super) fn is_probe(&self) -> bool {
        self.delivery.app_id.is_some()
    }

    /// True if the receiver said that it took the messages.
    pub(super) fn is_taken(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.reply == Some(ReplyName::MessageKept))
    }

    pub(super) fn about<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a Delivered> {
        self.delivery.messages.iter().filter(move |message| message.user == user)
    }

    /// The events of the attempt and its answer.
    pub(super) fn events(&self) -> impl Iterator<Item = u64> {
        std::iter::once(self.seq).chain(self.answer.as_ref().map(|answer| answer.seq))
    }

    /// How it was met, in words.
    pub(super) fn met(&self) -> String {
        self.answer.as_ref().map_or("no answer".to_owned(), |answer| format!("status {}", answer.status))
    }
}

impl Deliveries {
    fn observe(&mut self, event: &Event) {
        match &event.event {
            What::Request(request) if request.leg == Leg::VendorToBackend => self.delivered(event.seq, request),
            What::Request(request) if request.leg == Leg::HarnessToBackend => {
                let user = request.intent.as_ref().map(|intent| intent.user.clone()).unwrap_or_default();
                self.asked.insert(request.exchange, (user, event.seq));
            }
            What::Response(response) => self.answered(event.seq, response),
            What::SendFailed { exchange, .. } => self.broke_off(*exchange),
            What::Subject(subject) if subject.change == "killed" => self.kills.push(event.seq),
            _ => {}
        }
    }

    fn delivered(&mut self, seq: u64, request: &Request) {
        let Some(delivery) = &request.delivery else { return };
        self.open.insert(request.exchange, self.attempts.len());
        let (method, delivery) = (request.method.clone(), delivery.clone());
        self.attempts.push(Attempt { seq, method, delivery, answer: None, under_way: true });
    }

    fn broke_off(&mut self, exchange: u64) {
        if let Some(attempt) = self.open.remove(&exchange).and_then(|place| self.attempts.get_mut(place)) {
            attempt.under_way = false;
        }
    }

    fn answered(&mut self, seq: u64, response: &Response) {
        if let Some(attempt) = self.open.remove(&response.exchange).and_then(|place| self.attempts.get_mut(place)) {
            let app_id = response.text(&Field::AppId).map(str::to_owned);
            attempt.under_way = false;
            attempt.answer = Some(Answered { seq, status: response.status, reply: response.reply, app_id });
        }
        let Some((user, asked)) = self.asked.remove(&response.exchange) else { return };
        let Some(outcome) = response.outcome.as_ref().filter(|outcome| outcome.success) else { return };
        let text = outcome.value.clone().unwrap_or_default();
        let value = serde_json::from_str(&text).unwrap_or(Value::from(text));
        self.views.entry(user).or_default().push(View { asked, seq, value });
    }

    /// The attempts that had been answered before an event.
    pub(super) fn answered_before(&self, seq: u64) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(move |attempt| attempt.answer.as_ref().is_some_and(|answer| answer.seq < seq))
    }

    /// True if the message had been taken before an event.
    pub(super) fn is_taken_before(&self, id: &str, seq: u64) -> bool {
        let delivers = |attempt: &Attempt| attempt.delivery.messages.iter().any(|message| message.id == id);
        self.answered_before(seq).any(|attempt| attempt.is_taken() && delivers(attempt))
    }

    /// What was seen of each user between two looks at it.
    pub(super) fn windows(&self) -> Vec<Window<'_>> {
        let mut windows = Vec::new();
        for (user, views) in self.views.iter().filter(|(user, _)| !self.is_shared(user)) {
            let seen: Vec<(&View, Value)> =
                views.iter().map(|view| (view, normal::value(&view.value, user, &self.attempts))).collect();
            for pair in seen.windows(2) {
                let [(from, before), (to, after)] = pair else { continue };
                windows.push(Window::new(self, user, (from, before), (to, after)));
            }
        }
        windows
    }

    /// True if the vendor knows several users by the id of this one: then nothing that is shown is of one of them, which is
    /// the affair of the rule about ids.
    fn is_shared(&self, user: &str) -> bool {
        let all = || self.attempts.iter().flat_map(|attempt| &attempt.delivery.messages);
        let ids: BTreeSet<&str> =
            all().filter(|message| message.user == user).map(|message| message.user_id.as_str()).collect();
        all().any(|message| message.user != user && ids.contains(message.user_id.as_str()))
    }

    /// The evidence of a rule that looks through the probe: where that never showed anything of a message, nothing was seen.
    pub(super) fn seen(windows: &[Window<'_>], exercised: usize, findings: Vec<Finding>) -> Evidence {
        let mut plain = windows.iter().filter(|window| window.is_plain()).peekable();
        let is_blind = plain.peek().is_some() && !plain.any(Window::has_changed);
        let not_testable = is_blind.then(|| "the probe showed no effect of any message".to_owned());
        Evidence { exercised: if is_blind { 0 } else { exercised as u64 }, findings, not_testable }
    }
}
