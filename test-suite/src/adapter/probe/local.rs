//! Checks that an SDK without a user asks the vendor for nothing: at its start, on a permission, or on a record.

use standin_contracts::protocol::SdkCommandName;

use super::claims::sample;
use super::{Integrity, ProbeHarness, ProtocolViolation};
use crate::driver::Halt;

/// The commands that concern only the device while there is no user.
const LOCAL: &[SdkCommandName] = &[
    SdkCommandName::Launch,
    SdkCommandName::Grant,
    SdkCommandName::Record,
    SdkCommandName::DeviceClock,
    SdkCommandName::State,
];

pub(super) async fn probe(harness: &ProbeHarness, seen: &mut Integrity) -> Result<(), Halt> {
    let probed = harness.install(None).await?;
    for command in LOCAL.iter().filter(|command| harness.about.can(**command)) {
        let before = harness.requests(&probed).len();
        harness.run(&probed, sample(harness, *command)).await?;
        let spoken = harness.requests(&probed).into_iter().nth(before);
        let violation = |spoken: super::harness::SeenRequest| ProtocolViolation::SpeaksUnasked {
            command: *command,
            request: spoken.request,
        };
        seen.violations.extend(spoken.map(violation));
    }
    probed.install.end().await?;
    Ok(())
}
