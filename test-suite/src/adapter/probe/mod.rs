//! Integrity probes: they check whether an adapter can be relied upon, before a run judges what it did.
//!
//! Evidence is worthless if the adapter claims what it can't do, does its SDK's work, or sends what no command asked
//! for. Each probe has a mock vendor of its own, so its faults appear in no history that is judged.

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

/// The findings of the probes about an adapter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Integrity {
    /// The protocol violations.
    pub violations: Vec<ProtocolViolation>,
    /// The checks that could not be made, each with the reason.
    pub untried: Vec<String>,
}

/// A reason why an adapter can't be relied upon.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolViolation {
    /// It answers an unknown command as if it knew it.
    #[error("a command that nobody knows must be answered `unsupported`, and was answered {answer}")]
    TakesUnknown {
        /// Its answer.
        answer: String,
    },
    /// It claims a capability that does not exist.
    #[error("it claims `{capability}`, which means nothing here; {advice}")]
    ClaimsUnknown {
        /// The claimed capability.
        capability: String,
        /// The advice on what to do instead.
        advice: String,
    },
    /// It claims a capability and does not carry it out.
    #[error("it claims `{capability}`, and answered {answer}: do it, or claim it no more")]
    ClaimsUndone {
        /// The capability that it claims, or that every subject must have.
        capability: String,
        /// Its answer.
        answer: String,
    },
    /// The SDK ignores its retry setting, or something else retries for it.
    #[error(
        "it claims `retry`, and its first pauses took {short} in all when each was set to {short_set}, and {long} when each was \
         set to {long_set}: the setting must reach the SDK, and nobody but the SDK may retry"
    )]
    RetryUnheeded {
        /// The short setting.
        short_set: Millis,
        /// The total length of the pauses with the short setting.
        short: Millis,
        /// The long setting.
        long_set: Millis,
        /// The total length of the same number of pauses with the long setting.
        long: Millis,
    },
    /// A request went to the vendor before there was a user.
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
    /// Whether there is no violation.
    pub fn holds(&self) -> bool {
        self.violations.is_empty()
    }

    /// Notes a check that was not made to its end, as the SDK flooded its vendor in it.
    fn note(&mut self, is_made: bool, check: &str) {
        if !is_made {
            self.untried.push(format!("{check}: the SDK asked its vendor without a pause"));
        }
    }
}

/// Checks an adapter against a mock of the contract's vendor.
///
/// # Errors
/// If the adapter can't be used at all, or the mock can't be started.
pub async fn probe(adapter: Arc<dyn Adapter>, contract: Arc<Contract>) -> Result<Integrity, Halt> {
    let harness = ProbeHarness::new(adapter, contract).await?;
    let mut seen = Integrity::default();
    let went = harness.unless_flooded(unknown::probe(&harness, &mut seen)).await?;
    seen.note(went, "whether an unknown command is refused");
    let went = harness.unless_flooded(claims::probe(&harness, &mut seen)).await?;
    seen.note(went, "whether what is claimed is done");
    let went = harness.unless_flooded(local::probe(&harness, &mut seen)).await?;
    seen.note(went, "whether nothing is asked before there is a user");
    let went = harness.unless_flooded(Box::pin(retry::probe(&harness, &mut seen))).await?;
    seen.note(went, "whether a retry setting is heeded");
    Ok(seen)
}
