//! What of a contract changes what the engine does.

use standin_contracts::contract::{Contract, TokenFormat};
use standin_contracts::protocol::{ActiveDevices, CommandName, Dedupe, Field, Millis};

/// A contract's facts without where each comes from, and how finely it tells when something ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How long a credential can be redeemed.
    pub credential_lifetime: Millis,
    /// How finely the vendor tells when a credential ends: it ends when it says that it does, and no later.
    pub credential_step: Millis,
    /// Whether it can be redeemed once only.
    pub single_use: bool,
    /// How long a session lives.
    pub session_lifetime: Millis,
    /// How finely the vendor tells when a session ends.
    pub session_step: Millis,
    /// What a session's token looks like.
    pub session_format: TokenFormat,
    /// Whether a session comes with a token that gets a new one.
    pub hands_out_refresh: bool,
    /// Whether sessions are over once their install says that it was reset.
    pub ended_by_reset: bool,
    /// On how many devices a user is active at once.
    pub active_devices: ActiveDevices,
    /// By what the vendor knows again what it was submitted before.
    pub dedupe: Dedupe,
    /// The most items that it takes in one batch.
    pub most_items: u64,
    /// What the vendor's user ids look like.
    pub user_id_format: TokenFormat,
    /// How long a result takes after it was first asked for.
    pub ready_after: Millis,
    /// How long a finished result is kept.
    pub ready_for: Millis,
}

impl From<&Contract> for Policy {
    fn from(contract: &Contract) -> Self {
        let facts = &contract.facts;
        Self {
            credential_lifetime: facts.credential.lifetime.value,
            credential_step: contract.expiry_step(CommandName::IssueCredential),
            single_use: facts.credential.single_use.value,
            session_lifetime: facts.session.lifetime.value,
            session_step: contract
                .expiry_step(CommandName::CreateUser)
                .max(contract.expiry_step(CommandName::RefreshSession)),
            session_format: facts.session.format.value,
            hands_out_refresh: contract.hands_out(CommandName::CreateUser, &Field::Refresh),
            ended_by_reset: facts.session.ended_by_reset.value,
            active_devices: facts.user.active_devices.value,
            dedupe: facts.sync.dedupe.value,
            most_items: facts.sync.most_items.value,
            user_id_format: facts.user.id_format.value,
            ready_after: facts.read_back.ready_after.value,
            ready_for: facts.read_back.ready_for.value,
        }
    }
}
