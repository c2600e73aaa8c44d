//! Before there is a user, nothing is asked of the vendor: not when the app starts, nor when something is allowed or recorded.

use standin_contracts::protocol::SdkCommandName;

use super::claims::sample;
use super::{Integrity, ProbeHarness, ProtocolViolation};
use crate::driver::Halt;

/// What happens on a device alone, as long as it has no user.
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
