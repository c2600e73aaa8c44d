//! The SDK syncs for seven days at its own interval, and on another phone at one that was set.

use standin_contracts::protocol::{Millis, SdkCommandName};

use super::{Need, Scenario};
use crate::adapter::{SdkCommand, Storage};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "interval",
    summary: "the SDK syncs by itself for seven days, at its own pace, and on another phone at one that was set",
    needs: &[Need::SdkCommand(SdkCommandName::StartSync), Need::SdkCommand(SdkCommandName::Advance)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    for _ in 0..7 {
        phone.record_some(1).await?;
        harness.pass(Millis::from_secs(86_400)).await?;
    }
    if harness.can(SdkCommandName::SetInterval) && harness.can(SdkCommandName::StopSync) {
        hurry(harness).await?;
    }
    Ok(())
}

/// Another phone syncs every four hours for most of a day, with new items every other hour.
async fn hurry(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.install("other-phone", "phone", Storage::New).await?;
    phone.begin("bob").await?;
    phone.run(SdkCommand::SetInterval { seconds: 4 * 3600 }).await?;
    for _ in 0..10 {
        phone.record_some(1).await?;
        harness.pass(Millis::from_secs(2 * 3600)).await?;
    }
    phone.stop_sync().await
}
