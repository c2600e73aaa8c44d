//! Before there is a user, nothing is asked of the vendor: not when the app starts, nor when something is allowed or recorded.

use standin_contracts::protocol::SdkCommandName;

use super::claims::sample;
use super::{Bench, Integrity, ProtocolViolation};
use crate::driver::Halt;

/// What happens on a device alone, as long as it has no user.
const LOCAL: &[SdkCommandName] = &[
    SdkCommandName::Launch,
    SdkCommandName::Grant,
    SdkCommandName::Record,
    SdkCommandName::DeviceClock,
    SdkCommandName::State,
];

pub(super) async fn probe(bench: &Bench, seen: &mut Integrity) -> Result<(), Halt> {
    let probed = bench.install(None).await?;
    for command in LOCAL.iter().filter(|command| bench.about.can(**command)) {
        let before = bench.requests(&probed).len();
        bench.run(&probed, sample(bench, *command)).await?;
        let spoken = bench.requests(&probed).into_iter().nth(before);
        let violation = |spoken: super::bench::Seen| ProtocolViolation::SpeaksUnasked {
            command: *command,
            request: spoken.request,
        };
        seen.violations.extend(spoken.map(violation));
    }
    probed.install.end().await?;
    Ok(())
}
