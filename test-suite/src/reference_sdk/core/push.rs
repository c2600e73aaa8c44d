//! Pushes: they wake an install, and the install registers the token under which they reach it.

use serde_json::{Map, Value};
use standin_contracts::protocol::{Field, Fields, Millis};

use super::flight::Purpose;
use super::{Core, done_saying};
use crate::reference_sdk::answer_class::AnswerClass;
use crate::reference_sdk::message::VendorAnswer;
use crate::reference_sdk::stored::Syncing;

/// The part of the sync interval, as a divisor, within which several pushes wake the install once.
const WINDOW: u64 = 10;

impl Core {
    /// Handles a push. One from the vendor begins a round, at most once per window; any other is ignored.
    pub(super) fn take_push(&mut self, call: u64, payload: &Map<String, Value>) {
        let ours = self.config.is_ours(payload);
        let window = Millis::new(self.interval().get() / WINDOW);
        let slept = self.stored.last_wake.is_none_or(|last| last.after(window) <= self.now);
        if self.behaviour.wakes(ours, slept) && self.stored.is_signed_in() && self.stored.syncing != Syncing::Stopped {
            self.stored.last_wake = Some(self.now);
            self.open_round();
        }
        self.returns(call, done_saying("handled", ours));
    }

    /// Stores the token. The vendor is told as soon as a request may be made.
    pub(super) fn take_push_token(&mut self, call: u64, token: String) {
        self.stored.push_token = Some(token);
        self.done(call);
    }

    /// Registers the push token with the vendor, if it has changed since.
    pub(super) fn submit_push_token(&mut self) {
        let Some(token) = self.stored.push_token.clone().filter(|token| self.stored.told_token.as_ref() != Some(token))
        else {
            return;
        };
        let is_early = self.stored.not_before.is_some_and(|moment| moment > self.now);
        let is_busy = self.is_flying(|purpose| matches!(purpose, Purpose::Refresh | Purpose::PushToken(_)));
        let may = self.stored.is_signed_in() && self.device.online && !self.is_leaving() && !self.needs_refresh();
        if may && !is_early && !is_busy && !self.has_to_wait() {
            self.send(Purpose::PushToken(token.clone()), Fields::new().with(Field::PushToken, token));
        }
    }

    pub(super) fn push_token_answered(&mut self, told: String, session: Option<&str>, answer: Option<&VendorAnswer>) {
        // A permanently refused token is not sent again, just as an accepted one.
        if matches!(
            self.heard(session, answer),
            AnswerClass::Done | AnswerClass::Hopeless | AnswerClass::TooLarge | AnswerClass::KeyRefused
        ) {
            self.stored.told_token = Some(told);
        }
    }
}
