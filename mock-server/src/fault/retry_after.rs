//! Values of `Retry-After` (RFC 9110, section 10.2.3), valid and invalid.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::contract::WireResponse;
use standin_contracts::protocol::{Millis, Timestamp};

/// The value of a `Retry-After` header: one of HTTP's two forms, or any text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// A number of seconds.
    Seconds(u32),
    /// An HTTP date, this far ahead of sandbox time.
    DateAfter(Millis),
    /// A literal text, such as `soon` or `-5`, which is not valid in HTTP.
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

    /// Sets the header on a response, in place of an existing one.
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
