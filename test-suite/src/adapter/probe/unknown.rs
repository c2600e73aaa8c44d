//! Checks that an unknown command is answered `unsupported`. Without that, no answer of the adapter can be relied
//! upon.

use super::{Integrity, ProbeHarness, ProtocolViolation};
use crate::adapter::{AdapterError, CommandResult, SdkCommand};
use crate::driver::Halt;

const NO_COMMAND: &str = "a_command_that_nobody_knows";

pub(super) async fn probe(harness: &ProbeHarness, seen: &mut Integrity) -> Result<(), Halt> {
    let probed = harness.install(None).await?;
    probed.install.run(SdkCommand::Launch {}).await?;
    let answer = match probed.install.run_unknown(NO_COMMAND).await {
        Ok(CommandResult::Unsupported {}) => None,
        Ok(result) => Some(words(&result)),
        Err(AdapterError::Broken(why)) => Some(format!("so that the protocol is broken ({why})")),
        Err(error) => return Err(error.into()),
    };
    seen.violations.extend(answer.map(|answer| ProtocolViolation::TakesUnknown { answer }));
    probed.install.end().await?;
    Ok(())
}

/// The result in words.
pub(super) fn words(result: &CommandResult) -> String {
    match result {
        CommandResult::Done { .. } => "`done`".to_owned(),
        CommandResult::Failed { reason, .. } => format!("`failed`, because \"{reason}\""),
        CommandResult::Unsupported {} => "`unsupported`".to_owned(),
    }
}
