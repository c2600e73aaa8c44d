//! The root facts of a contract: the vendor's behaviour that schemas can't express.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::annotation::Is;
use super::success::Success;
use super::token::TokenFormat;
use crate::protocol::{ActiveDevices, Cors, Dedupe, Interval, Millis, MintPolicy, Pauses};

/// `x-standin`: the vendor's name and its facts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The vendor's name, in lower case.
    pub vendor: String,
    /// Facts about credentials, which a client backend obtains for its app.
    #[serde(default)]
    pub credential: CredentialFacts,
    /// Facts about sessions, which an install holds after it redeemed its credential.
    #[serde(default)]
    pub session: SessionFacts,
    /// Facts about the vendor's users.
    #[serde(default)]
    pub user: UserFacts,
    /// Facts about how an install submits what it recorded.
    #[serde(default)]
    pub sync: SyncFacts,
    /// Facts about how results are read back.
    #[serde(default)]
    pub read_back: ReadBackFacts,
    /// Facts about how messages are delivered to a client backend.
    #[serde(default)]
    pub webhook: WebhookFacts,
    /// The operations that pages of other origins may call. The default is those that need no server key.
    #[serde(default = "sdk_only")]
    pub cors: Fact<Cors>,
}

fn sdk_only() -> Fact<Cors> {
    Fact::ours(Cors::Sdk)
}

/// One fact, with its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fact<T> {
    /// The fact's value.
    pub value: T,
    /// The certainty of the fact.
    pub is: Is,
    /// The public text that states it, or the reason for an assumption.
    pub source: String,
    /// The day on which the text was read, as YYYY-MM-DD.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "super::annotation::day")]
    #[schemars(extend("format" = "date"))]
    pub read: Option<String>,
}

impl<T> Fact<T> {
    /// Standin's own default, for a contract that does not state the fact.
    fn ours(value: T) -> Self {
        Self { value, is: Is::Assumed, source: "Standin's own default".to_owned(), read: None }
    }
}

/// Facts about credentials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CredentialFacts {
    /// The lifetime of a credential. The default is 10 minutes.
    pub lifetime: Fact<Millis>,
    /// Whether a credential can be redeemed only once. The default is true.
    pub single_use: Fact<bool>,
    /// The format of a credential. The default is 64 hex digits.
    pub format: Fact<TokenFormat>,
    /// The time at which an install signs in anew, with a new credential if the vendor has any.
    /// The default is once per install.
    pub mint: Fact<MintPolicy>,
}

impl Default for CredentialFacts {
    fn default() -> Self {
        Self {
            lifetime: Fact::ours(Millis::from_secs(600)),
            single_use: Fact::ours(true),
            format: Fact::ours(TokenFormat::Hex(64)),
            mint: Fact::ours(MintPolicy::OncePerInstall),
        }
    }
}

/// Facts about sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SessionFacts {
    /// The lifetime of a session. The default is 7 days.
    pub lifetime: Fact<Millis>,
    /// The format of a session's token. The default is 64 hex digits.
    pub format: Fact<TokenFormat>,
    /// Whether a session ends when its install gives it up. The default is true.
    pub ended_by_reset: Fact<bool>,
}

impl Default for SessionFacts {
    fn default() -> Self {
        Self {
            lifetime: Fact::ours(Millis::from_secs(7 * 86_400)),
            format: Fact::ours(TokenFormat::Hex(64)),
            ended_by_reset: Fact::ours(true),
        }
    }
}

/// Facts about users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UserFacts {
    /// The format of the vendor's user ids. The default is a UUID.
    pub id_format: Fact<TokenFormat>,
    /// The number of devices on which a user is active at once. The default is any number.
    pub active_devices: Fact<ActiveDevices>,
}

impl Default for UserFacts {
    fn default() -> Self {
        Self { id_format: Fact::ours(TokenFormat::Uuid), active_devices: Fact::ours(ActiveDevices::Many) }
    }
}

/// Facts about what installs submit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SyncFacts {
    /// The time that an install waits between two rounds.
    /// The default is none, for a vendor whose text gives no interval.
    pub interval: Fact<Interval>,
    /// The id by which the vendor recognises data that was submitted before. The default is the batch's id.
    pub dedupe: Fact<Dedupe>,
    /// The most items that the vendor accepts in one batch. The default is 1000.
    pub most_items: Fact<u64>,
    /// The pause before an install's first retry of a batch. The default is 1 second.
    pub backoff_base: Fact<Millis>,
    /// The longest pause between two tries of a batch, as each pause is twice the last. The default is 5 minutes.
    pub backoff_cap: Fact<Millis>,
}

impl Default for SyncFacts {
    fn default() -> Self {
        Self {
            interval: Fact::ours(Interval(None)),
            dedupe: Fact::ours(Dedupe::Batch),
            most_items: Fact::ours(1000),
            backoff_base: Fact::ours(Millis::from_secs(1)),
            backoff_cap: Fact::ours(Millis::from_secs(300)),
        }
    }
}

/// Facts about reading results back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReadBackFacts {
    /// The time from the first request for a result until the result is ready. The default is 20 seconds.
    pub ready_after: Fact<Millis>,
    /// The time for which a finished result is kept. The default is 15 minutes.
    pub ready_for: Fact<Millis>,
    /// The shortest pause between two calls of a client that polls. The default is 10 seconds.
    pub poll_at_least: Fact<Millis>,
    /// The longest time for which a client polls. The default is 2 minutes.
    pub poll_at_most: Fact<Millis>,
    /// The pauses before a client's retries after a 5xx or a 429. The default is 2 seconds, and then 5 seconds.
    pub retry_pauses: Fact<Pauses>,
}

impl Default for ReadBackFacts {
    fn default() -> Self {
        Self {
            ready_after: Fact::ours(Millis::from_secs(20)),
            ready_for: Fact::ours(Millis::from_secs(900)),
            poll_at_least: Fact::ours(Millis::from_secs(10)),
            poll_at_most: Fact::ours(Millis::from_secs(120)),
            retry_pauses: Fact::ours(Pauses(vec![Millis::from_secs(2), Millis::from_secs(5)])),
        }
    }
}

/// Facts about webhooks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookFacts {
    /// The status by which a receiver accepts a delivery. The default is any 2xx.
    pub success: Fact<Success>,
    /// The pause before the vendor's first retry of a batch. The default is 1 second.
    pub retry_base: Fact<Millis>,
    /// The longest pause between two tries of a batch, as each pause is twice the last. The default is 5 minutes.
    pub retry_cap: Fact<Millis>,
    /// The time for which a message is tried before it is dropped. The default is 1 day.
    pub lifetime: Fact<Millis>,
    /// The time for which messages are collected for one batch. The default is zero.
    pub batch_interval: Fact<Millis>,
    /// The approximate size of a full batch, in bytes of messages. The default is 1000000.
    pub batch_bytes: Fact<u64>,
}

impl Default for WebhookFacts {
    fn default() -> Self {
        Self {
            success: Fact::ours(Success::Any2xx),
            retry_base: Fact::ours(Millis::from_secs(1)),
            retry_cap: Fact::ours(Millis::from_secs(300)),
            lifetime: Fact::ours(Millis::from_secs(86_400)),
            batch_interval: Fact::ours(Millis::new(0)),
            batch_bytes: Fact::ours(1_000_000),
        }
    }
}
