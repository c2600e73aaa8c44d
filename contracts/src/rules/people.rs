//! The ids under which a client backend sent its users to the vendor.

use crate::history::{Login, Step};
use crate::protocol::{CommandName, Field, ReplyName};

use super::tracker::{AppRequest, Exchange};

/// An id in a call. Ids of different fields are never compared: the vendor's own id of a user differs from the
/// client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SentId<'t> {
    pub(crate) field: &'static str,
    pub(crate) text: &'t str,
}

/// A call made for a user who named no other user, so the id in it is that user's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sighting<'t> {
    pub(crate) user: &'t str,
    pub(crate) id: SentId<'t>,
    pub(crate) request: u64,
    pub(crate) call: u64,
}

/// The id that a step is about: the client's own if there is one, else the vendor's.
pub(crate) fn sent_id(step: &Step) -> Option<SentId<'_>> {
    let id = |field: &Field, name| step.text(field).map(|text| SentId { field: name, text });
    id(&Field::ExternalId, "external_id").or_else(|| id(&Field::UserId, "user_id"))
}

/// The id that a call is about, if it contains one.
pub(crate) fn about(call: &Exchange) -> Option<SentId<'_>> {
    call.request.step.as_ref().and_then(sent_id)
}

/// Every call made for a user with a valid login who named no other user, in order.
pub(crate) fn sightings<'t>(requests: &[AppRequest<'t>]) -> Vec<Sighting<'t>> {
    let mut seen = Vec::new();
    for request in requests {
        let Some(intent) = request.intent.filter(|intent| intent.login == Login::Valid && intent.named.is_none())
        else {
            continue;
        };
        // An erasure shows nothing about the id of the user who asked. Another rule judges which user is erased.
        let calls = request.calls.iter().filter(|call| call.command() != Some(CommandName::EraseUser));
        let calls = calls.filter(|call| !may_be_ahead(call));
        seen.extend(calls.filter_map(|call| {
            let id = sent_id(call.request.step.as_ref()?)?;
            Some(Sighting { user: &intent.user, id, request: request.exchange.opened, call: call.opened })
        }));
    }
    seen
}

/// Whether a call for a credential got none. It may have been made for a stock of credentials, and so for any user.
fn may_be_ahead(call: &Exchange) -> bool {
    let issued = call.delivered().is_some_and(|(_, answer)| answer.reply == Some(ReplyName::CredentialIssued));
    call.command() == Some(CommandName::IssueCredential) && !issued
}
