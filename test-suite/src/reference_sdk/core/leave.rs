//! How an install gives up its user, on the device only or at the vendor too. Requests under way are dropped, and no
//! timer remains.

use standin_contracts::protocol::{CommandName, Field, Fields, ReplyName};

use super::Core;
use super::flight::Purpose;
use crate::reference_sdk::answer_class::AnswerClass;
use crate::reference_sdk::message::VendorAnswer;
use crate::reference_sdk::stored::{Holder, SignInState};

impl Core {
    pub(super) fn is_leaving(&self) -> bool {
        self.is_flying(|purpose| matches!(purpose, Purpose::End(_) | Purpose::Erase(_)))
    }

    /// Forgets the user on this device. The vendor is told once. If that fails, its session expires by itself.
    pub(super) fn reset(&mut self, call: u64) {
        if self.is_leaving() {
            return self.failed(call, "reset_in_progress");
        }
        if self.config.has(CommandName::EraseUser) && self.behaviour.erases_at_reset() {
            return self.forget(call);
        }
        self.drop_flights("reset");
        let before = self.stored.clone();
        self.behaviour.wipe(&mut self.stored);
        match before.session.filter(|_| self.device.online && self.config.has(CommandName::EndSession)) {
            Some(session) => {
                // The vendor must be told of the install as it was before.
                let fields = before.holder.as_ref().map(Holder::fields).unwrap_or_default();
                let fields = fields.with(Field::InstallId, before.install_id);
                self.send_in(Some(session.token), Purpose::End(call), fields);
            }
            None => self.done(call),
        }
    }

    /// Has the user erased. Data on the device is deleted at once. The session stays, so that the app can retry if the
    /// vendor can't be reached.
    pub(super) fn forget(&mut self, call: u64) {
        if self.is_leaving() {
            return self.failed(call, "reset_in_progress");
        }
        if self.stored.session.is_none() {
            return self.failed(call, "no_user");
        }
        if !self.device.online {
            return self.failed(call, "offline");
        }
        self.drop_flights("forgotten");
        let kept = self.stored.clone();
        self.stored.wipe();
        self.stored.install_id = kept.install_id;
        self.stored.holder = kept.holder;
        self.stored.session = kept.session;
        self.stored.sign_in_state = SignInState::Silent("forgetting".to_owned());
        self.send(Purpose::Erase(call), Fields::new());
    }

    pub(super) fn erased(&mut self, call: u64, answer: Option<&VendorAnswer>) {
        let unknown = answer.is_some_and(|answer| answer.replies.contains(&ReplyName::UserUnknown));
        match answer.map(|answer| self.behaviour.class(answer)) {
            Some(class) if unknown || matches!(class, AnswerClass::Done | AnswerClass::Erased) => {
                self.stored.wipe();
                self.done(call);
            }
            Some(_) => self.failed(call, "refused"),
            None => self.failed(call, "no_answer"),
        }
    }
}
