//! The root facts of a contract: what a vendor does that no shape can say.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::annotation::Is;
use super::success::Success;
use super::token::TokenFormat;
use crate::advice::advice;
use crate::protocol::{Millis, Pauses};

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
    /// How results are read back.
    #[serde(default)]
    pub read_back: ReadBackFacts,
    /// How messages are brought to a client backend.
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
}

impl Default for CredentialFacts {
    fn default() -> Self {
        Self {
            lifetime: Fact::ours(Millis::from_secs(600)),
            single_use: Fact::ours(true),
            format: Fact::ours(TokenFormat::Hex(64)),
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
}

impl Default for SessionFacts {
    fn default() -> Self {
        Self { lifetime: Fact::ours(Millis::from_secs(7 * 86_400)), format: Fact::ours(TokenFormat::Hex(64)) }
    }
}

/// Facts about users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UserFacts {
    /// What the vendor's user ids look like; unless told otherwise a UUID.
    pub id_format: Fact<TokenFormat>,
}

impl Default for UserFacts {
    fn default() -> Self {
        Self { id_format: Fact::ours(TokenFormat::Uuid) }
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
    /// How long the vendor waits before it brings a batch again for the first time; unless told otherwise 1 second.
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

/// Why a fact can't be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactError {
    /// There is no such fact.
    #[error("`{name}` is no fact of a contract: {advice}")]
    Unknown {
        /// What was written.
        name: String,
        /// What would be right.
        advice: String,
    },
    /// The value isn't one that the fact takes.
    #[error("`{value}` can't be {name}: {why}")]
    Value {
        /// The fact.
        name: String,
        /// What was written.
        value: String,
        /// What is wrong with it.
        why: String,
    },
}

/// A fact behind its name: how it is read and set as text.
struct Knob {
    name: &'static str,
    get: fn(&Facts) -> (String, Is),
    set: fn(&mut Facts, &str) -> Result<(), String>,
}

macro_rules! knob {
    ($name:literal, $($path:ident).+) => {
        Knob {
            name: $name,
            get: |facts| (facts.$($path).+.value.to_string(), facts.$($path).+.is),
            set: |facts, text| set(&mut facts.$($path).+, text),
        }
    };
}

/// Every fact that can be set, in the order of the documentation.
const KNOBS: &[Knob] = &[
    knob!("credential.lifetime", credential.lifetime),
    knob!("credential.single_use", credential.single_use),
    knob!("credential.format", credential.format),
    knob!("session.lifetime", session.lifetime),
    knob!("session.format", session.format),
    knob!("user.id_format", user.id_format),
    knob!("read_back.ready_after", read_back.ready_after),
    knob!("read_back.ready_for", read_back.ready_for),
    knob!("read_back.poll_at_least", read_back.poll_at_least),
    knob!("read_back.poll_at_most", read_back.poll_at_most),
    knob!("read_back.retry_pauses", read_back.retry_pauses),
    knob!("webhook.success", webhook.success),
    knob!("webhook.retry_base", webhook.retry_base),
    knob!("webhook.retry_cap", webhook.retry_cap),
    knob!("webhook.lifetime", webhook.lifetime),
    knob!("webhook.batch_interval", webhook.batch_interval),
    knob!("webhook.batch_bytes", webhook.batch_bytes),
];

fn set<T: FromStr>(fact: &mut Fact<T>, text: &str) -> Result<(), String>
where
    T::Err: fmt::Display,
{
    fact.value = text.parse().map_err(|error: T::Err| error.to_string())?;
    Ok(())
}

impl Facts {
    /// The names of all facts.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KNOBS.iter().map(|knob| knob.name)
    }

    /// Every fact by name, with its value as text and how sure it is.
    pub fn list(&self) -> impl Iterator<Item = (&'static str, String, Is)> {
        KNOBS.iter().map(|knob| {
            let (value, is) = (knob.get)(self);
            (knob.name, value, is)
        })
    }

    /// Sets a fact by name, as `--set` does.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), FactError> {
        let knob = KNOBS
            .iter()
            .find(|knob| knob.name == name)
            .ok_or_else(|| FactError::Unknown { name: name.to_owned(), advice: advice(name, Self::names()) })?;
        (knob.set)(self, value).map_err(|why| FactError::Value { name: name.to_owned(), value: value.to_owned(), why })
    }
}
