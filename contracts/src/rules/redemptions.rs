//! What an SDK did with a credential once its redemption had an answer that leaves nothing to try.

use super::lives::{Life, carried};
use super::tracker::Exchange;
use crate::history::Response;
use crate::protocol::{CommandName, OrderName, ReplyName};

/// A redemption with a definitive answer.
pub(crate) struct Redemption<'l> {
    /// The credential's label.
    pub(crate) credential: &'l str,
    /// The redemption.
    pub(crate) create: &'l Exchange,
    /// The answer's place in the history.
    pub(crate) heard: u64,
    /// The answer.
    pub(crate) answer: &'l Response,
    /// The first later request that carried the credential, though the app had not handed it over anew.
    pub(crate) again: Option<&'l Exchange>,
}

impl Redemption<'_> {
    /// True if the answer was that this credential is good no more: another one is needed.
    pub(crate) fn is_stale(&self) -> bool {
        use ReplyName as R;
        matches!(self.answer.reply, Some(R::CredentialExpired | R::CredentialSpent | R::CredentialUnknown))
    }
}

/// The redemptions of an install, in the order they began.
pub(crate) fn redemptions<'l>(life: &Life<'l>) -> Vec<Redemption<'l>> {
    let mut found = Vec::new();
    for create in life.calls(CommandName::CreateUser) {
        let Some((heard, answer)) = create.definitive().and(create.delivered()) else { continue };
        let Some(credential) = carried(create, "credential").next() else { continue };
        if may_be_unread(life, create, heard) {
            continue;
        }
        let again = life.spoke.iter().copied().find(|later| {
            let is_again = later.opened > heard && carried(later, "credential").any(|label| label == credential);
            is_again && !is_handed_over(life, credential, heard, later.opened)
        });
        found.push(Redemption { credential, create, heard, answer, again });
    }
    found
}

/// True if the process was killed before the app heard of the answer: nobody knows whether the SDK had read it.
fn may_be_unread(life: &Life<'_>, create: &Exchange, heard: u64) -> bool {
    let order = life.orders(&[OrderName::CreateUser]).rfind(|told| told.is_open_at(create.opened));
    let told = order.and_then(|order| order.returned.as_ref()).map_or(u64::MAX, |(seq, _)| *seq);
    order.is_some() && life.was_told(&[OrderName::Kill], heard, told)
}

fn is_handed_over(life: &Life<'_>, credential: &str, after: u64, before: u64) -> bool {
    let mut orders = life.orders(&[OrderName::CreateUser]);
    orders.any(|told| after < told.seq && told.seq < before && told.text("credential") == Some(credential))
}
