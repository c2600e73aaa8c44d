//! The root facts of a contract: what a vendor does that no shape can say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::annotation::Is;
use super::success::Success;
use super::token::TokenFormat;
use crate::protocol::{ActiveDevices, Dedupe, Interval, Millis, MintPolicy, Pauses};

/// `x-standin`: the vendor's name and its facts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The vendor's name, in lower case.
    pub vendor: String,
    /// What a client backend obtains for its app.
    #[serde(default)]
    pub credential: CredentialFacts,
    /// What an install holds after it redeemed its credential.
    #[serde(default)]
    pub session: SessionFacts,
    /// The vendor's users.
    #[serde(default)]
    pub user: UserFacts,
    /// How an install submits what it recorded.
    #[serde(default)]
    pub sync: SyncFacts,
    /// How results are read back.
    #[serde(default)]
    pub read_back: ReadBackFacts,
    /// How messages are delivered to a client backend.
    #[serde(default)]
    pub webhook: WebhookFacts,
}

/// One fact, with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fact<T> {
    /// The fact.
    pub value: T,
    /// How sure it is.
    pub is: Is,
    /// The public text that says it, or why it was assumed so.
    pub source: String,
    /// The day that text was read, as YYYY-MM-DD.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "super::annotation::day")]
    #[schemars(extend("format" = "date"))]
    pub read: Option<String>,
}

impl<T> Fact<T> {
    /// A fact of ours, for where a contract is silent.
    fn ours(value: T) -> Self {
        Self { value, is: Is::Assumed, source: "Standin's own default".to_owned(), read: None }
    }
}

/// Facts about credentials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CredentialFacts {
    /// How long a credential can be redeemed; unless told otherwise 10 minutes.
    pub lifetime: Fact<Millis>,
    /// Whether it can be redeemed once only; unless told otherwise it is.
    pub single_use: Fact<bool>,
    /// What it looks like; unless told otherwise 64 hex digits.
    pub format: Fact<TokenFormat>,
    /// When an install signs in anew, with a new credential where there are any; unless told otherwise once per install.
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
    /// How long a session lives; unless told otherwise 7 days.
    pub lifetime: Fact<Millis>,
    /// What its token looks like; unless told otherwise 64 hex digits.
    pub format: Fact<TokenFormat>,
    /// Whether it is over once its install says that it gives it up; unless told otherwise it is.
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
    /// What the vendor's user ids look like; unless told otherwise a UUID.
    pub id_format: Fact<TokenFormat>,
    /// On how many devices a user is active at once; unless told otherwise on any number.
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
    /// How long an install waits between two rounds; unless told otherwise the vendor's text has no such time.
    pub interval: Fact<Interval>,
    /// By what the vendor knows again what it was submitted before; unless told otherwise by the batch.
    pub dedupe: Fact<Dedupe>,
    /// The most items that the vendor takes in one batch; unless told otherwise 1000.
    pub most_items: Fact<u64>,
    /// How long an install waits before it submits a batch again for the first time; unless told otherwise 1 second.
    pub backoff_base: Fact<Millis>,
    /// The longest that it waits, as each wait is twice the last; unless told otherwise 5 minutes.
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
    /// How long a result takes after it was first asked for; unless told otherwise 20 seconds.
    pub ready_after: Fact<Millis>,
    /// How long a finished result is kept; unless told otherwise 15 minutes.
    pub ready_for: Fact<Millis>,
    /// How long a client that polls waits between two calls, at least; unless told otherwise 10 seconds.
    pub poll_at_least: Fact<Millis>,
    /// How long a client polls, at most; unless told otherwise 2 minutes.
    pub poll_at_most: Fact<Millis>,
    /// How long a client waits before each further try after a 5xx or a 429; unless told otherwise 2 and then 5 seconds.
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
    /// The status that counts as taken; unless told otherwise any 2xx.
    pub success: Fact<Success>,
    /// How long the vendor waits before it submits a batch again for the first time; unless told otherwise 1 second.
    pub retry_base: Fact<Millis>,
    /// The longest that it waits, as each wait is twice the last; unless told otherwise 5 minutes.
    pub retry_cap: Fact<Millis>,
    /// How long a message is tried before it is dropped; unless told otherwise 1 day.
    pub lifetime: Fact<Millis>,
    /// How long messages are gathered for one batch; unless told otherwise not at all.
    pub batch_interval: Fact<Millis>,
    /// About how many bytes of messages make a batch full; unless told otherwise 1000000.
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
