//! The first line of a history: what a judge must know before the first event.

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
    /// The seed of everything that the sandbox drew.
    pub seed: u64,
    /// The contracts that were served.
    pub contracts: Vec<ContractRef>,
    /// The labels of the users whose logins the harness used; empty where no harness drove.
    #[serde(default)]
    pub users: Vec<String>,
    /// What the subject can do beyond the least, such as `restart` or `call:credential`; an SDK's begin with `sdk:`.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// Who was under test; if nobody is named, whoever spoke to the vendor: client backends and SDKs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Subject>,
}

impl Header {
    /// Who was under test.
    pub fn subjects(&self) -> &[Subject] {
        if self.subjects.is_empty() { &[Subject::ClientBackend, Subject::Sdk] } else { &self.subjects }
    }
}

/// Who is under test, and so who keeps or breaks a rule.
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

/// A contract, named so that a judge can tell whether it has the same one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractRef {
    /// The vendor.
    pub vendor: String,
    /// SHA-256 of the contract's text, in hex.
    pub digest: String,
    /// The root facts as they were in force, by name.
    pub facts: IndexMap<String, String>,
}
