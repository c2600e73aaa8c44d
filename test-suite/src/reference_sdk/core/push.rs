//! Pushes: how the vendor wakes an install, and how it learns where to.

use serde_json::{Map, Value};
use standin_contracts::protocol::{Field, Fields, Millis};

use super::flight::Purpose;
use super::{Core, done_saying};
use crate::reference_sdk::answer_class::AnswerClass;
use crate::reference_sdk::message::VendorAnswer;
use crate::reference_sdk::stored::Syncing;

/// Pushes within this part of the interval wake it once.
const WINDOW: u64 = 10;

impl Core {
    /// A push of the vendor wakes the install, once in a while; another's is not its business.
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

    /// Keeps the token, and tells the vendor as soon as it may be asked.
    pub(super) fn take_push_token(&mut self, call: u64, token: String) {
        self.stored.push_token = Some(token);
        self.done(call);
    }

    /// Tells the vendor where pushes reach the install, if that changed since it was told.
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
        // What the vendor will never take is told as little again as what it took.
        if matches!(
            self.heard(session, answer),
            AnswerClass::Done | AnswerClass::Hopeless | AnswerClass::TooLarge | AnswerClass::KeyRefused
        ) {
            self.stored.told_token = Some(told);
        }
    }
}
