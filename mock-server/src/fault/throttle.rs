//! The vendor has had too many calls, and says how long to stay away in either form that HTTP has, or not at all.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::contract::WireResponse;
use standin_contracts::protocol::{Field, Millis, Reply, ReplyName};

use super::{Act, Behaviour, Scene};

/// The vendor's `throttled` answer, before it does anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Throttle {
    /// What `Retry-After` says; without it the header is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryAfter>,
}

/// The two forms of `Retry-After` (RFC 9110, section 10.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// So many seconds.
    Seconds(u32),
    /// The date that is so far ahead in sandbox time.
    DateAfter(Millis),
}

impl Behaviour for Throttle {
    fn words(&self) -> String {
        match self.retry_after {
            None => "throttled".to_owned(),
            Some(RetryAfter::Seconds(seconds)) => format!("throttled, retry after {seconds} s"),
            Some(RetryAfter::DateAfter(span)) => format!("throttled, retry after a date {span} ahead"),
        }
    }

    fn act(&self, scene: &Scene<'_>) -> Act {
        let mut reply = Reply::new(ReplyName::Throttled).with(Field::RequestedAt, scene.now);
        if let Some(RetryAfter::Seconds(seconds)) = self.retry_after {
            reply.fields.set(Field::RetryAfter, i64::from(seconds));
        }
        let mut response = scene.contract.encode_reply(scene.operation, &reply);
        self.add_header(scene, &mut response);
        Act::Answer(response)
    }
}

impl Throttle {
    fn add_header(&self, scene: &Scene<'_>, response: &mut WireResponse) {
        let value = match self.retry_after {
            None => return,
            Some(RetryAfter::Seconds(seconds)) => seconds.to_string(),
            Some(RetryAfter::DateAfter(span)) => scene.now.after(span).to_http_date(),
        };
        response.headers.retain(|(name, _)| name != "retry-after");
        response.headers.push(("retry-after".to_owned(), value));
    }
}
