//! The part of a user's file that describes an SDK under test, or an app that embeds one, and its adapter.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::Millis;
use standin_contracts::rules::VENDOR_TIMEOUT;

/// The placeholders in the start and environment of an adapter.
pub(super) const SDK_PLACEHOLDERS: &[&str] = &["port"];

/// An SDK under test, or an app that embeds one, with its adapter.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SdkTable {
    /// The name in reports.
    pub name: String,
    /// The carrier to the adapter.
    pub carrier: CarrierName,
    /// The adapter's program and its arguments. Without it an adapter over HTTP must be running already.
    #[serde(default)]
    pub start: Vec<String>,
    /// The folder in which the adapter runs, relative to the folder of the file. By default the folder of the file.
    pub cwd: Option<String>,
    /// The URL of an adapter over HTTP. `{port}` stands for a free port that Standin picks.
    pub url: Option<String>,
    /// The time limit for getting ready.
    #[serde(default = "ready_within")]
    pub ready_within: Millis,
    /// The time limit for the answer to one command.
    #[serde(default = "answers_within")]
    pub answers_within: Millis,
    /// The longest time that the SDK waits for its vendor, from the start of a call to its last byte.
    #[serde(default = "vendor_timeout")]
    pub vendor_timeout: Millis,
    /// The adapter's environment, in addition to Standin's own. `{port}` is filled in.
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

/// The carrier to an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CarrierName {
    /// Standard input and output, one JSON value per line.
    Stdio,
    /// HTTP.
    Http,
}
