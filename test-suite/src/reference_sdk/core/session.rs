//! The session: renewed once for all refused requests, given up if that fails, or ended by the vendor.

use standin_contracts::protocol::{CommandName, Field, Fields};

use super::Core;
use super::flight::Purpose;
use crate::reference_sdk::answer_class::AnswerClass;
use crate::reference_sdk::behaviour::Recovery;
use crate::reference_sdk::message::VendorAnswer;
use crate::reference_sdk::stored::SignInState;

impl Core {
    /// Handles a request that was refused for its session.
    pub(super) fn session_refused(&mut self, token: Option<&str>) {
        let Some(session) = &mut self.stored.session else {
            self.stored.round_open = false;
            return;
        };
        let is_current = Some(session.token.as_str()) == token;
        match self.behaviour.recovery(self.config.takes_guests()) {
            Recovery::Renew => {}
            _ if !is_current || self.is_flying(|purpose| matches!(purpose, Purpose::Create(_))) => return,
            Recovery::SignIn => return self.sign_in_again(),
            Recovery::Guest => return self.sign_in_as_guest(),
        }
        if is_current && (session.renewed || !self.config.has(CommandName::RefreshSession)) {
            return self.fall_silent("session_over");
        }
        let is_being_renewed = !is_current || session.refused;
        if is_being_renewed && !self.behaviour.shares_refresh() {
            return self.refresh(token.map(str::to_owned));
        }
        // If the token is not the current one, the session has been renewed since.
        session.refused |= is_current;
    }

    /// Whether the session must be renewed before any other request.
    pub(super) fn needs_refresh(&self) -> bool {
        self.stored.session.as_ref().is_some_and(|session| self.behaviour.renews(session, self.now))
    }

    pub(super) fn refresh(&mut self, token: Option<String>) {
        let mut fields = Fields::new();
        if let Some(refresh) = self.stored.session.as_ref().and_then(|session| session.refresh.as_deref()) {
            fields.set(Field::Refresh, refresh);
        }
        self.send_in(token, Purpose::Refresh, fields);
    }

    pub(super) fn refreshed(&mut self, answer: Option<&VendorAnswer>) {
        let class = answer.map_or(AnswerClass::Passing, |answer| self.behaviour.class(answer));
        let token = answer.and_then(|answer| answer.fields.text(&Field::Session));
        match (class, token) {
            (AnswerClass::Done, Some(token)) => self.renew(token.to_owned(), answer),
            (AnswerClass::Done | AnswerClass::Passing, _) => self.try_later(answer),
            (AnswerClass::Deactivated, _) => self.fall_silent("deactivated"),
            (AnswerClass::Erased, _) => self.lose_user(),
            (AnswerClass::KeyRefused, _) => self.fall_silent("key_refused"),
            _ if self.behaviour.insists_on_renewal() => {
                let token = self.stored.session.as_ref().map(|session| session.token.clone());
                self.refresh(token);
            }
            _ => self.fall_silent("session_over"),
        }
    }

    fn renew(&mut self, token: String, answer: Option<&VendorAnswer>) {
        self.succeeded();
        let refresh = answer.and_then(|answer| answer.fields.text(&Field::Refresh)).map(str::to_owned);
        if let Some(session) = &mut self.stored.session {
            session.token = token;
            session.refresh = refresh.or(session.refresh.take());
            session.ends = answer.and_then(|answer| answer.fields.time(&Field::ExpiresAt));
            session.refused = false;
            session.renewed = true;
        }
    }

    /// Notes that a request's session was accepted, regardless of the request's own result.
    pub(super) fn session_taken(&mut self, token: Option<&str>) {
        if let Some(session) = self.stored.session.as_mut().filter(|session| Some(session.token.as_str()) == token) {
            session.renewed = false;
        }
    }

    /// Sends nothing more until the app asks for its user again. Records are kept for that user.
    pub(super) fn fall_silent(&mut self, why: &str) {
        if self.stored.sign_in_state == SignInState::SignedIn {
            self.stored.sign_in_state = SignInState::Silent(why.to_owned());
        }
        self.stored.session = None;
        self.stored.round_open = false;
    }

    /// Handles a user whom the vendor has erased: deletes the user's records.
    pub(super) fn lose_user(&mut self) {
        self.fall_silent("erased");
        self.stored.holder = None;
        self.stored.told_token = None;
        self.stored.queue.clear();
        self.stored.batches.clear();
    }
}
