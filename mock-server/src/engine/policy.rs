//! The facts of a contract that change what the engine does.

use standin_contracts::contract::{Facts, TokenFormat};
use standin_contracts::protocol::Millis;

/// What a vendor does that no shape can say, without where each fact comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How long a credential can be redeemed.
    pub credential_lifetime: Millis,
    /// Whether it can be redeemed once only.
    pub single_use: bool,
    /// How long a session lives.
    pub session_lifetime: Millis,
    /// What a session's token looks like.
    pub session_format: TokenFormat,
    /// What the vendor's user ids look like.
    pub user_id_format: TokenFormat,
    /// How long a result takes after it was first asked for.
    pub ready_after: Millis,
    /// How long a finished result is kept.
    pub ready_for: Millis,
}

impl From<&Facts> for Policy {
    fn from(facts: &Facts) -> Self {
        Self {
            credential_lifetime: facts.credential.lifetime.value,
            single_use: facts.credential.single_use.value,
            session_lifetime: facts.session.lifetime.value,
            session_format: facts.session.format.value,
            user_id_format: facts.user.id_format.value,
            ready_after: facts.read_back.ready_after.value,
            ready_for: facts.read_back.ready_for.value,
        }
    }
}
