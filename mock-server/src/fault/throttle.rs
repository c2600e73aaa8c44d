//! The vendor refuses a request because of too many calls, with or without a `Retry-After` header.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::{Field, Reply, ReplyName};

use super::{Act, Behaviour, RetryAfter, Scene};

/// The vendor's `throttled` reply, without processing the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Throttle {
    /// The value of the `Retry-After` header. Default: no such header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryAfter>,
}

impl Behaviour for Throttle {
    fn words(&self) -> String {
        self.retry_after
            .as_ref()
            .map_or_else(|| "throttled".to_owned(), |after| format!("throttled, {}", after.words()))
    }

    fn act(&self, scene: &Scene<'_>) -> Act {
        let mut reply = Reply::new(ReplyName::Throttled).with(Field::RequestedAt, scene.now);
        if let Some(RetryAfter::Seconds(seconds)) = self.retry_after {
            reply.fields.set(Field::RetryAfter, i64::from(seconds));
        }
        let mut response = scene.contract.encode_reply(scene.operation, &reply);
        if let Some(after) = &self.retry_after {
            after.add_header(scene.now, &mut response);
        }
        Act::Answer(response)
    }
}
