//! The first line of a history: all that judging needs before the first event.

use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the history format that this code writes.
pub const HISTORY_VERSION: u32 = 1;

/// The first line of a history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The format's version.
    pub standin_history: u32,
    /// The sandbox's name.
    pub sandbox: String,
    /// The seed for all randomness of the sandbox.
    pub seed: u64,
    /// The contracts that were served.
    pub contracts: Vec<ContractRef>,
    /// The labels of the users whose logins the harness used. Empty if there was no harness.
    #[serde(default)]
    pub users: Vec<String>,
    /// The subject's capabilities beyond the minimum, such as `restart` or `call:credential`.
    /// An SDK's begin with `sdk:`.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// The subjects under test. If empty, every client of the vendor: client backends and SDKs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Subject>,
}

impl Header {
    /// The subjects under test; client backends and SDKs if the header names none.
    pub fn subjects(&self) -> &[Subject] {
        if self.subjects.is_empty() { &[Subject::ClientBackend, Subject::Sdk] } else { &self.subjects }
    }
}

/// A kind of subject under test, which passes or fails a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The backend of the company that embeds the SDK.
    ClientBackend,
    /// The vendor's SDK inside the app.
    Sdk,
    /// The app that embeds the SDK.
    App,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ClientBackend => "client backend",
            Self::Sdk => "SDK",
            Self::App => "app",
        })
    }
}

/// A contract's name and digest, so that a judge can check that it has the same contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractRef {
    /// The vendor's name.
    pub vendor: String,
    /// SHA-256 of the contract's text, in hex.
    pub digest: String,
    /// The root facts in force, by name.
    pub facts: IndexMap<String, String>,
}
