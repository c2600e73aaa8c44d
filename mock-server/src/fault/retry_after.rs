//! What `Retry-After` says (RFC 9110, section 10.2.3), and what it should not say and does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::contract::WireResponse;
use standin_contracts::protocol::{Millis, Timestamp};

/// What `Retry-After` says: one of the two forms that HTTP has, or anything at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// So many seconds.
    Seconds(u32),
    /// The date that is so far ahead in sandbox time.
    DateAfter(Millis),
    /// These very words, such as `soon` or `-5`, which are no form of HTTP.
    Text(String),
}

impl RetryAfter {
    pub(super) fn words(&self) -> String {
        match self {
            Self::Seconds(seconds) => format!("retry after {seconds} s"),
            Self::DateAfter(span) => format!("retry after a date {span} ahead"),
            Self::Text(text) => format!("retry after `{text}`"),
        }
    }

    /// Puts the header on a response, in the place of any that is there.
    pub(super) fn add_header(&self, now: Timestamp, response: &mut WireResponse) {
        let value = match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::DateAfter(span) => now.after(*span).to_http_date(),
            Self::Text(text) => text.clone(),
        };
        response.headers.retain(|(name, _)| name != "retry-after");
        response.headers.push(("retry-after".to_owned(), value));
    }
}
