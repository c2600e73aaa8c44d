//! The deliveries to a client backend's webhook receiver, and the probe's answers between them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::window::Window;
use super::{Evidence, Finding, Joined, Monitor, normal};
use crate::history::{Credentials, Delivered, Delivery, Event, Leg, Request, Response, What};
use crate::protocol::{Field, ReplyName};

/// One attempt of the vendor to deliver messages, or to ask for the app's id.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) seq: u64,
    pub(super) method: String,
    pub(super) delivery: Delivery,
    pub(super) answer: Option<Answered>,
    /// Whether the attempt has neither been answered nor broken off. If the history ends now, its result is unknown.
    pub(super) under_way: bool,
    /// Whether no connection to the receiver came about.
    unreached: bool,
}

#[derive(Debug)]
pub(super) struct Answered {
    pub(super) seq: u64,
    pub(super) status: u16,
    pub(super) reply: Option<ReplyName>,
    pub(super) app_id: Option<String>,
}

/// The probe's answer about one user, in the backend's own words.
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
    /// Attempts without an answer so far, as indices into `attempts`.
    open: BTreeMap<u64, usize>,
    /// Probes without an answer so far, each with its user and the place of its request.
    asked: BTreeMap<u64, (String, u64)>,
}

/// A function that judges all deliveries of a history.
pub(super) type JudgeDeliveries = fn(&Deliveries) -> Evidence;

/// A monitor that collects deliveries for `judge`. `not_testable` is the reason why this subject can't exercise the
/// rule.
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

    fn finish(mut self: Box<Self>, _: &Joined<'_>) -> Evidence {
        // What reached nobody is no evidence about anybody.
        self.deliveries.attempts.retain(|attempt| !attempt.unreached);
        let mut evidence = (self.judge)(&self.deliveries);
        evidence.not_testable = self.not_testable.or(evidence.not_testable);
        evidence
    }
}

impl Attempt {
    /// Whether the attempt has the credentials that the receiver was given.
    pub(super) fn is_valid(&self) -> bool {
        self.delivery.credentials == Credentials::Valid
    }

    /// Whether the attempt asks for the app's id.
    pub(super) fn is_probe(&self) -> bool {
        self.delivery.app_id.is_some()
    }

    /// Whether the receiver confirmed the messages.
    pub(super) fn is_taken(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.reply == Some(ReplyName::MessageKept))
    }

    pub(super) fn about<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a Delivered> {
        self.delivery.messages.iter().filter(move |message| message.user == user)
    }

    /// The events of the attempt and of its answer.
    pub(super) fn events(&self) -> impl Iterator<Item = u64> {
        std::iter::once(self.seq).chain(self.answer.as_ref().map(|answer| answer.seq))
    }

    /// The receiver's answer in words.
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
            What::SendFailed { exchange, unreached, .. } => self.broke_off(*exchange, *unreached),
            What::Subject(subject) if subject.change == "killed" => self.kills.push(event.seq),
            _ => {}
        }
    }

    fn delivered(&mut self, seq: u64, request: &Request) {
        let Some(delivery) = &request.delivery else { return };
        self.open.insert(request.exchange, self.attempts.len());
        let (method, delivery) = (request.method.clone(), delivery.clone());
        self.attempts.push(Attempt { seq, method, delivery, answer: None, under_way: true, unreached: false });
    }

    fn broke_off(&mut self, exchange: u64, unreached: bool) {
        if let Some(attempt) = self.open.remove(&exchange).and_then(|place| self.attempts.get_mut(place)) {
            attempt.under_way = false;
            attempt.unreached = unreached;
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

    /// The attempts that were answered before event `seq`.
    pub(super) fn answered_before(&self, seq: u64) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(move |attempt| attempt.answer.as_ref().is_some_and(|answer| answer.seq < seq))
    }

    /// Whether the receiver confirmed the message before event `seq`.
    pub(super) fn is_taken_before(&self, id: &str, seq: u64) -> bool {
        let delivers = |attempt: &Attempt| attempt.delivery.messages.iter().any(|message| message.id == id);
        self.answered_before(seq).any(|attempt| attempt.is_taken() && delivers(attempt))
    }

    /// For each user, the deliveries between two successive answers of the probe.
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

    /// Whether the vendor knows several users under this user's id. The probe then shows no single user, and the rule
    /// about ids judges that.
    fn is_shared(&self, user: &str) -> bool {
        let all = || self.attempts.iter().flat_map(|attempt| &attempt.delivery.messages);
        let ids: BTreeSet<&str> =
            all().filter(|message| message.user == user).map(|message| message.user_id.as_str()).collect();
        all().any(|message| message.user != user && ids.contains(message.user_id.as_str()))
    }

    /// The evidence of a rule that relies on the probe. Not testable if the probe never showed an effect of any
    /// message.
    pub(super) fn seen(windows: &[Window<'_>], exercised: usize, findings: Vec<Finding>) -> Evidence {
        let mut plain = windows.iter().filter(|window| window.is_plain()).peekable();
        let is_blind = plain.peek().is_some() && !plain.any(Window::has_changed);
        let not_testable = is_blind.then(|| "the probe showed no effect of any message".to_owned());
        Evidence {
            exercised: if is_blind { 0 } else { exercised as u64 },
            findings,
            not_testable,
            ..Evidence::default()
        }
    }
}
