//! How a user's file describes an SDK under test, or an app that embeds one: how its adapter is started and spoken to.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::Millis;
use standin_contracts::rules::VENDOR_TIMEOUT;

/// What is filled in where an adapter is started.
pub(super) const SDK_PLACEHOLDERS: &[&str] = &["port"];

/// An SDK under test, or an app that embeds one: how its adapter is started and spoken to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SdkTable {
    /// What reports call it.
    pub name: String,
    /// How its adapter is spoken to.
    pub carrier: CarrierName,
    /// The adapter's program and its arguments. Without it an adapter over HTTP must be running already.
    #[serde(default)]
    pub start: Vec<String>,
    /// The folder in which it is run, from the folder of the file; unless told otherwise that one.
    pub cwd: Option<String>,
    /// Where an adapter over HTTP listens; `{port}` stands for a free port that Standin picks.
    pub url: Option<String>,
    /// How long it may take to get ready.
    #[serde(default = "ready_within")]
    pub ready_within: Millis,
    /// How long it may take to answer one order.
    #[serde(default = "answers_within")]
    pub answers_within: Millis,
    /// How long the SDK waits for its vendor at most, from the beginning of a call to its last byte.
    #[serde(default = "vendor_timeout")]
    pub vendor_timeout: Millis,
    /// Its environment, on top of Standin's own; `{port}` is filled in.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

fn ready_within() -> Millis {
    Millis::from_secs(30)
}

fn answers_within() -> Millis {
    Millis::from_secs(30)
}

fn vendor_timeout() -> Millis {
    VENDOR_TIMEOUT
}

/// How an adapter is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CarrierName {
    /// Over its standard input and output, one JSON a line.
    Stdio,
    /// Over HTTP.
    Http,
}
