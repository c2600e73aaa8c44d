//! The device is offline for a day, is restarted, and comes back with a full queue.

use standin_contracts::protocol::{Millis, SdkCommandName};

use super::{Need, Scenario};
use crate::adapter::SdkCommand;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "offline-for-a-day",
    summary: "the device is offline for a day, is restarted, and comes back with a full queue",
    needs: &[
        Need::SdkCommand(SdkCommandName::Record),
        Need::SdkCommand(SdkCommandName::Network),
        Need::SdkCommand(SdkCommandName::Advance),
    ],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(1).await?;
    phone.run(SdkCommand::Network { online: false }).await?;
    for _ in 0..3 {
        phone.record_some(2).await?;
        harness.pass(Millis::from_secs(8 * 3600)).await?;
    }
    phone.kill().await?;
    phone.launch().await?;
    phone.record_some(1).await?;
    phone.run(SdkCommand::Network { online: true }).await?;
    phone.start_sync().await?;
    phone.sync_now().await
}
