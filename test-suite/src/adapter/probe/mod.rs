//! Integrity probes: whether an adapter's word can be relied upon, before anything is judged by what it did.
//!
//! An adapter that claims what it can't do, does its SDK's work, or sends what was never asked for makes evidence that means
//! nothing. Each probe has a vendor of its own: what is provoked here is in no history that is judged.

mod claims;
mod harness;
mod local;
mod retry;
mod unknown;

use std::sync::Arc;

use standin_contracts::contract::Contract;
use standin_contracts::protocol::{Millis, SdkCommandName};

use super::Adapter;
use crate::driver::Halt;
use harness::ProbeHarness;

/// What the probes saw of an adapter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Integrity {
    /// Where it can't be relied upon.
    pub violations: Vec<ProtocolViolation>,
    /// What could not be tried, each with the reason.
    pub untried: Vec<String>,
}

/// One way in which an adapter can't be relied upon.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolViolation {
    /// It answers a command that nobody knows as if it did.
    #[error("a command that nobody knows must be answered `unsupported`, and was answered {answer}")]
    TakesUnknown {
        /// What it answered.
        answer: String,
    },
    /// It claims something that has no meaning.
    #[error("it claims `{capability}`, which means nothing here; {advice}")]
    ClaimsUnknown {
        /// What it claims.
        capability: String,
        /// What would be right.
        advice: String,
    },
    /// It claims what it doesn't do.
    #[error("it claims `{capability}`, and answered {answer}: do it, or claim it no more")]
    ClaimsUndone {
        /// What it claims, or has to do in any case.
        capability: String,
        /// What it answered.
        answer: String,
    },
    /// The SDK doesn't retry as it is told, or somebody else retries for it.
    #[error(
        "it claims `retry`, and its first pauses took {short} in all when each was set to {short_set}, and {long} when each was \
         set to {long_set}: the setting must reach the SDK, and nobody but the SDK may retry"
    )]
    RetryUnheeded {
        /// The short setting.
        short_set: Millis,
        /// How long the pauses took with it.
        short: Millis,
        /// The long setting.
        long_set: Millis,
        /// How long as many pauses took with it.
        long: Millis,
    },
    /// Something went to the vendor though nothing could be asked for yet.
    #[error(
        "`{request}` went to the vendor during `{command}`, before there was a user: nothing is to be asked for then"
    )]
    SpeaksUnasked {
        /// The command.
        command: SdkCommandName,
        /// The request's method and path.
        request: String,
    },
}

impl Integrity {
    /// True if nothing is wrong.
    pub fn holds(&self) -> bool {
        self.violations.is_empty()
    }
}

/// Tries an adapter against a vendor.
///
/// # Errors
/// If the adapter can't be used at all, or the mock can't be started.
pub async fn probe(adapter: Arc<dyn Adapter>, contract: Arc<Contract>) -> Result<Integrity, Halt> {
    let harness = ProbeHarness::new(adapter, contract).await?;
    let mut seen = Integrity::default();
    unknown::probe(&harness, &mut seen).await?;
    claims::probe(&harness, &mut seen).await?;
    local::probe(&harness, &mut seen).await?;
    retry::probe(&harness, &mut seen).await?;
    Ok(seen)
}
