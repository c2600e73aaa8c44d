//! The vendor as a pure state machine.
//!
//! The engine reads no clock and no entropy, does no I/O and cannot fail. Time is a parameter, randomness comes from a
//! seeded generator that it owns, and malformed input gets a reply. One call of [`Engine::apply`] is one atomic
//! transition, and a clone is a snapshot.

mod access;
mod create_user;
mod devices;
mod end_session;
mod erase_user;
mod install_status;
mod issue_credential;
mod keys;
mod link_install;
mod list_installs;
mod policy;
mod read_back;
mod refresh_session;
mod register_push;
mod register_user;
mod report_permissions;
mod sessions;
mod state;
mod submit_batch;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use standin_contracts::contract::TokenFormat;
use standin_contracts::protocol::{Call, CommandName, Field, Fields, ProofState, Reply, ReplyName, Timestamp};

use access::Caller;
pub use install_status::{InstallStatus, Transition};
pub use keys::{ClientKey, KeyRing, KeyState, Scopes, ServerKey};
pub use policy::Policy;
use state::{Handle, State, User, UserRef};

/// Makes the text of a credential from random bytes and the fields that it carries.
pub type Mint<'m> = dyn Fn([u8; 32], &Fields) -> String + 'm;

/// One vendor's state: its users, installs, credentials and sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct Engine {
    policy: Policy,
    random: ChaCha8Rng,
    state: State,
}

/// A call whose keys, shape and proof have been checked.
struct Step<'a> {
    now: Timestamp,
    caller: Caller,
    fields: &'a Fields,
    mint: &'a Mint<'a>,
}

/// The answer to a command: a reply, or the name of a refusal that needs no fields.
type EngineReply = Result<Reply, ReplyName>;

impl Engine {
    /// A vendor without users. All its random values follow from the seed.
    pub fn new(policy: Policy, seed: u64) -> Self {
        Self { policy, random: ChaCha8Rng::seed_from_u64(seed), state: State::default() }
    }

    /// Applies one call and returns the reply. A refusal leaves the state unchanged.
    pub fn apply(&mut self, now: Timestamp, keys: &KeyRing, call: &Call, mint: &Mint<'_>) -> Reply {
        let exchange = self.draw_id(TokenFormat::Uuid);
        let reply = self.answer(now, keys, call, mint).unwrap_or_else(Reply::new);
        reply.with(Field::ExchangeId, exchange).with(Field::RequestedAt, now)
    }

    /// Whether the value is a credential, a session, a refresh token or an install id of this vendor.
    pub fn knows(&self, value: &str) -> bool {
        self.state.credentials.contains_key(value)
            || self.state.sessions.contains_key(value)
            || self.state.refreshes.contains_key(value)
            || self.state.install_by(&Handle::Install(value.to_owned())).is_some()
    }

    /// Whether the value is the token of a session, valid or not.
    pub fn is_session(&self, value: &str) -> bool {
        self.state.sessions.contains_key(value)
    }

    /// The vendor's id of a user that was not erased, looked up by the client company's external id.
    pub fn user_id(&self, external_id: &str) -> Option<&str> {
        self.state.living(external_id).map(|user| self.state.users[user].id.as_str())
    }

    /// Disables an install, as the vendor's operator would, until it creates its user again. Its sessions are ended,
    /// and it can't be linked. Returns whether an install with this id exists.
    pub fn disable_install(&mut self, install_id: &str) -> bool {
        let Some(place) = self.state.install_by(&Handle::Install(install_id.to_owned())) else { return false };
        self.state.installs[place].disabled = true;
        self.state.installs[place].active = false;
        self.state.end_sessions(place, ReplyName::SessionWasEnded);
        true
    }

    /// The number of items that the vendor has kept from an install. 0 for an unknown install.
    pub fn items_kept(&self, install_id: &str) -> usize {
        let place = self.state.install_by(&Handle::Install(install_id.to_owned()));
        place.map_or(0, |place| self.state.installs[place].submitted.count)
    }

    /// Corrupts the state, so that a call about any known user panics.
    #[cfg(test)]
    pub(crate) fn lose_users(&mut self) {
        self.state.users.clear();
    }

    /// Checks in this order: keys; then size, media type and shape; then proof; then state.
    fn answer(&mut self, now: Timestamp, keys: &KeyRing, call: &Call, mint: &Mint<'_>) -> EngineReply {
        let caller = self.open(now, keys, call)?;
        let fields = call.input.as_ref().map_err(standin_contracts::protocol::Malformed::reply)?;
        if matches!(call.proof, ProofState::Absent | ProofState::Invalid) {
            return Err(ReplyName::ProofWrong);
        }
        let step = Step { now, caller, fields, mint };
        match call.command {
            CommandName::RegisterUser => self.register_user(&step),
            CommandName::IssueCredential => self.issue_credential(&step),
            CommandName::CreateUser => self.create_user(&step),
            CommandName::RefreshSession => self.refresh_session(&step),
            CommandName::SubmitBatch => self.submit_batch(&step),
            CommandName::ReportPermissions => self.report_permissions(&step),
            CommandName::RegisterPush => self.register_push(&step),
            CommandName::EndSession => self.end_session(&step),
            CommandName::EraseUser => self.erase_user(&step),
            CommandName::LinkInstall => self.link_install(&step),
            CommandName::ListInstalls => self.list_installs(&step),
            CommandName::ReadBack => self.read_back(&step),
            // These commands are sent to a client backend. No contract has them among a vendor's operations.
            CommandName::Webhook | CommandName::WebhookProbe | CommandName::Push => Err(ReplyName::Malformed),
        }
    }

    fn draw(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.random.fill_bytes(&mut bytes);
        bytes
    }

    fn draw_id(&mut self, format: TokenFormat) -> String {
        format.make(self.draw())
    }

    /// The user of an external id. Created if there is none that was not erased.
    fn user_of(&mut self, external_id: &str) -> UserRef {
        match self.state.living(external_id) {
            Some(user) => user,
            None => self.new_user(Some(external_id)),
        }
    }

    fn new_user(&mut self, external_id: Option<&str>) -> UserRef {
        let id = self.draw_id(self.policy.user_id_format);
        self.state.add_user(User::new(id, external_id))
    }
}

/// A required field. If the contract admits a request without it, the reply is `malformed`.
fn needed<'f>(fields: &'f Fields, field: &Field) -> Result<&'f str, ReplyName> {
    fields.text(field).ok_or(ReplyName::Malformed)
}
