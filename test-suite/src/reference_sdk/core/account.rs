//! How an install gets its user: one request at a time, one user at a time, and each credential sent once.

use standin_contracts::protocol::{Field, FieldValue, Fields, ReplyName};

use super::flight::Purpose;
use super::queue::permission_fields;
use super::{Core, done_saying};
use crate::adapter::CommandResult;
use crate::reference_sdk::answer_class::AnswerClass;
use crate::reference_sdk::digest::digest;
use crate::reference_sdk::message::VendorAnswer;
use crate::reference_sdk::stored::{Holder, Session, SignInState};

/// A request for a user.
#[derive(Debug, Clone)]
pub(super) struct Creation {
    /// The calls that wait for the result.
    pub(super) calls: Vec<u64>,
    credential: Option<String>,
    external_id: Option<String>,
    tries: u32,
}

impl Core {
    /// Requests a user. A call during such a request shares its result.
    pub(super) fn create_user(&mut self, call: u64, credential: Option<String>, user_id: Option<String>) {
        if self.is_leaving() {
            return self.failed(call, "reset_in_progress");
        }
        // An SDK whose vendor issues credentials never learns the client company's own ids.
        let external_id = user_id.filter(|_| !self.config.by_credential());
        match self.creation_to_share(call, external_id.as_deref()) {
            Some(true) => return,
            Some(false) => return self.failed(call, "create_in_progress"),
            None => {}
        }
        let asked = Creation { calls: vec![call], credential, external_id, tries: 0 };
        match self.unfit(&asked) {
            Some(why) => self.failed(call, why),
            None if self.is_taken() => self.returns(call, self.signed_in_already()),
            None => {
                self.make_room();
                self.ask_for_user(asked);
            }
        }
    }

    /// Whether this start of the app has signed its user in, and no other user may replace it.
    fn is_taken(&self) -> bool {
        self.behaviour.holds_on() && self.is_signed_in_here()
    }

    /// Removes the current user, if another one may replace it.
    fn make_room(&mut self) {
        if self.is_signed_in_here() {
            self.drop_flights("replaced");
            self.stored.wipe();
        }
    }

    /// Whether this start of the app has signed its user in.
    fn is_signed_in_here(&self) -> bool {
        self.stored.is_signed_in() && self.process.as_ref().is_some_and(|process| process.signed_in)
    }

    /// The result of a call for a user that is already signed in.
    fn signed_in_already(&self) -> CommandResult {
        let user_id = self.stored.holder.as_ref().and_then(|holder| holder.user_id.clone());
        user_id.map_or_else(CommandResult::done, |id| done_saying("user_id", id))
    }

    /// Joins a creation under way, if the behaviour shares creations. Returns as `creation_under_way`.
    fn creation_to_share(&mut self, call: u64, external_id: Option<&str>) -> Option<bool> {
        self.behaviour.shares_creation().then(|| self.creation_under_way(call, external_id))?
    }

    /// Joins a creation under way. False if that one is for another user; none if there is no creation.
    fn creation_under_way(&mut self, call: u64, external_id: Option<&str>) -> Option<bool> {
        let flights = self.process.iter_mut().flat_map(|process| process.flights.values_mut());
        let creation = flights.filter_map(|flight| match &mut flight.purpose {
            Purpose::Create(creation) => Some(creation),
            _ => None,
        });
        let creation = creation.last()?;
        let is_same = creation.external_id.as_deref() == external_id;
        if is_same {
            creation.calls.push(call);
        }
        Some(is_same)
    }

    /// The reason why this request for a user can't be made.
    fn unfit(&self, asked: &Creation) -> Option<&'static str> {
        let unfit = if self.config.by_credential() {
            self.unfit_credential(asked.credential.as_deref())
        } else {
            self.unfit_id(asked.external_id.as_deref())
        };
        unfit.or((!self.device.online).then_some("offline"))
    }

    fn unfit_credential(&self, credential: Option<&str>) -> Option<&'static str> {
        let Some(credential) = credential.filter(|credential| !credential.is_empty()) else {
            return Some("no_credential");
        };
        let has_user = self.stored.sign_in_state == SignInState::SignedIn;
        if self.is_taken() || has_user && !self.is_signed_in_here() && !self.config.signs_in_at_each_start() {
            return Some("user_already_exists");
        }
        if self.stored.redeemed.contains(&digest(credential)) {
            return Some("credential_used");
        }
        let fresh = self.behaviour.sends_credential(self.config.end_of(credential), self.device_time());
        (!fresh).then_some("credential_expired")
    }

    fn unfit_id(&self, external_id: Option<&str>) -> Option<&'static str> {
        let Some(id) = external_id.filter(|id| !id.is_empty()) else { return Some("no_user_id") };
        let holder = self.stored.holder.as_ref().and_then(|holder| holder.external_id.as_deref());
        let is_free = !self.is_taken() && self.is_signed_in_here();
        holder.is_some_and(|holder| holder != id && !is_free).then_some("user_already_exists")
    }

    /// The credential is marked as sent before it is sent. So it is not sent again, even if the process dies.
    fn ask_for_user(&mut self, mut asked: Creation) {
        asked.tries += 1;
        self.stored.sign_in_state = self.behaviour.sign_in_state_while_asking(&self.stored.sign_in_state);
        if let Some(process) = &mut self.process {
            process.asked = Some(Creation { calls: Vec::new(), ..asked.clone() });
        }
        let mut fields = Fields::new();
        if let Some(credential) = &asked.credential {
            self.stored.remember(digest(credential));
            fields.set(Field::Credential, credential.as_str());
        }
        if let Some(id) = &asked.external_id {
            fields.set(Field::ExternalId, id.as_str());
        }
        fields.extend(permission_fields(&self.device.permissions));
        self.send(Purpose::Create(asked), fields);
    }

    /// Handles the end of a request for a user. It is not repeated: only the app gets a new credential, and only the
    /// app knows whether its user still wants to sign in.
    pub(super) fn created(&mut self, asked: Creation, answer: Option<&VendorAnswer>) {
        let done = answer.filter(|answer| AnswerClass::of(answer) == AnswerClass::Done);
        if let Some(session) = done.and_then(session_of) {
            let result = self.adopt(session, &asked, done.map(|answer| &answer.fields));
            return asked.calls.iter().for_each(|call| self.returns(*call, result.clone()));
        }
        if self.stored.session.is_none() && self.stored.sign_in_state == SignInState::SignedIn {
            self.stored.sign_in_state = SignInState::SignedOut;
        }
        if self.behaviour.creates_again(answer, asked.tries) {
            return self.ask_for_user(asked);
        }
        if answer.is_some_and(was_put_off) {
            let spared = asked.credential.as_deref().map(digest);
            self.stored.redeemed.retain(|known| Some(known) != spared.as_ref());
        }
        if asked.calls.is_empty() {
            self.fall_silent("session_over");
        }
        let result = if self.behaviour.tells_failure(answer) {
            CommandResult::failed(answer.map_or("no_answer", why))
        } else {
            CommandResult::done()
        };
        asked.calls.iter().for_each(|call| self.returns(*call, result.clone()));
    }

    /// Signs in again with the credential or id of the last request.
    pub(super) fn sign_in_again(&mut self) {
        self.stored.round_open = false;
        match self.process.as_ref().and_then(|process| process.asked.clone()) {
            Some(asked) => self.ask_for_user(asked),
            None => self.fall_silent("session_over"),
        }
    }

    /// Signs in as a new guest user.
    pub(super) fn sign_in_as_guest(&mut self) {
        let before = self.stored.clone();
        self.stored.wipe();
        (self.stored.syncing, self.stored.next_round) = (before.syncing, before.next_round);
        let guest = self.draw_id().replace('-', "");
        let external_id = Some(guest).filter(|_| !self.config.by_credential());
        self.ask_for_user(Creation { calls: Vec::new(), credential: None, external_id, tries: 0 });
    }

    /// Stores the user and session from the vendor, unless the install has another user.
    fn adopt(&mut self, session: Session, asked: &Creation, fields: Option<&Fields>) -> CommandResult {
        let text = |field: &Field| fields.and_then(|fields| fields.text(field)).map(str::to_owned);
        let holder = Holder { user_id: text(&Field::UserId), external_id: asked.external_id.clone() };
        if self.stored.holder.as_ref().is_some_and(|own| *own != holder) {
            return CommandResult::failed("user_already_exists");
        }
        let active = fields.and_then(|fields| fields.get(&Field::Active)) != Some(&FieldValue::Flag(false));
        self.stored.sign_in_state =
            if active { SignInState::SignedIn } else { SignInState::Silent("user_disabled".to_owned()) };
        self.stored.session = Some(session);
        if let Some(process) = &mut self.process {
            process.signed_in = true;
        }
        self.stored.holder = Some(holder.clone());
        self.note_enabled(fields);
        holder.user_id.map_or_else(CommandResult::done, |id| done_saying("user_id", id))
    }

    /// Stores which categories the vendor wants, as far as the answer says.
    pub(super) fn note_enabled(&mut self, fields: Option<&Fields>) {
        for (field, value) in fields.into_iter().flat_map(Fields::iter) {
            if let (Field::Enabled(category), FieldValue::Flag(wanted)) = (field, value) {
                self.stored.enabled.insert(category.clone(), *wanted);
            }
        }
    }
}

fn session_of(answer: &VendorAnswer) -> Option<Session> {
    let token = answer.fields.text(&Field::Session)?.to_owned();
    let refresh = answer.fields.text(&Field::Refresh).map(str::to_owned);
    let ends = answer.fields.time(&Field::ExpiresAt);
    Some(Session { token, refresh, ends, refused: false, renewed: false })
}

/// The vendor's reason for a refusal.
fn why(answer: &VendorAnswer) -> &'static str {
    answer.replies.iter().find(|reply| reply.is_refusal()).map_or("not_understood", |reply| reply.as_str())
}

/// Whether the vendor refused without looking at the request.
fn was_put_off(answer: &VendorAnswer) -> bool {
    answer.replies.iter().any(|reply| matches!(reply, ReplyName::Throttled | ReplyName::Unavailable))
}
