//! The device's clock is a day and five minutes off, in both directions.

use standin_contracts::protocol::SdkCommandName;

use super::{Need, Scenario};
use crate::adapter::{SdkCommand, Storage};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "clock-skew",
    summary: "the device's clock is a day and five minutes off, in both directions",
    needs: &[Need::SdkCommand(SdkCommandName::DeviceClock)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    for (name, seconds) in [("day-behind", -86_400), ("behind", -300), ("ahead", 300), ("day-ahead", 86_400)] {
        let phone = harness.install(name, "phone", Storage::New).await?;
        phone.launch().await?;
        phone.run(SdkCommand::DeviceClock { offset_ms: seconds * 1000 }).await?;
        phone.allow_all().await?;
        phone.create_user(name).await?;
    }
    Ok(())
}
