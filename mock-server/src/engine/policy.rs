//! The facts of a contract that change what the engine does.

use standin_contracts::contract::{Contract, TokenFormat};
use standin_contracts::protocol::{ActiveDevices, CommandName, Dedupe, Field, Millis};

/// A contract's facts without their sources, and the resolution of the expiry times that it reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The time within which a credential can be redeemed.
    pub credential_lifetime: Millis,
    /// The resolution of the expiry time that the vendor reports. A credential expires at the reported moment, not
    /// later.
    pub credential_step: Millis,
    /// Whether a credential can be redeemed once only.
    pub single_use: bool,
    /// The lifetime of a session.
    pub session_lifetime: Millis,
    /// The resolution of the expiry time that the vendor reports for a session.
    pub session_step: Millis,
    /// The format of a session's token.
    pub session_format: TokenFormat,
    /// Whether a session comes with a refresh token.
    pub hands_out_refresh: bool,
    /// Whether a session ends when its install reports that it was reset.
    pub ended_by_reset: bool,
    /// The number of devices on which a user is active at once.
    pub active_devices: ActiveDevices,
    /// What the vendor recognises duplicates by: batches or items.
    pub dedupe: Dedupe,
    /// The most items that the vendor accepts in one batch.
    pub most_items: u64,
    /// The format of the vendor's user ids.
    pub user_id_format: TokenFormat,
    /// The time from the first request for a result until it is ready.
    pub ready_after: Millis,
    /// The time for which a finished result is kept.
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
