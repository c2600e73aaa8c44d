//! The vendor fails with a status, and with the contract's own body for it if there is one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::codec::problem;
use standin_contracts::protocol::{Field, Reply};

use super::{Act, Behaviour, RetryAfter, Scene};

/// An answer with this status by the vendor, without processing the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// The status, 300 to 599.
    #[schemars(range(min = 300, max = 599))]
    pub status: u16,
    /// The value of the `Retry-After` header. Default: no such header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryAfter>,
}

impl Status {
    /// This status, without a `Retry-After` header.
    pub const fn plain(status: u16) -> Self {
        Self { status, retry_after: None }
    }
}

impl Behaviour for Status {
    fn words(&self) -> String {
        let after = self.retry_after.as_ref().map(|after| format!(", {}", after.words()));
        format!("status {}{}", self.status, after.unwrap_or_default())
    }

    fn act(&self, scene: &Scene<'_>) -> Act {
        let case = scene.operation.responses.iter().find(|case| case.status == self.status);
        let names = case.map(|case| &case.replies[..]).unwrap_or_default();
        let reply = names.first().map(|name| Reply::new(*name).with(Field::RequestedAt, scene.now));
        let mut response = match &reply {
            Some(reply) => scene.contract.encode_reply(scene.operation, reply),
            None => problem(self.status, "injected fault", "the contract has no answer with this status"),
        };
        if let Some(after) = &self.retry_after {
            after.add_header(scene.now, &mut response);
        }
        // A body that belongs to one reply only counts as that reply, though a fault sent it.
        match reply.filter(|_| names.len() == 1) {
            Some(reply) => Act::Reply(Box::new(reply), response),
            None => Act::Answer(response),
        }
    }

    /// A status below 300 would report success for a request that the vendor never got.
    fn wrong(&self) -> Option<String> {
        let good = (300..=599).contains(&self.status);
        (!good).then(|| format!("the status {} is not between 300 and 599", self.status))
    }
}
