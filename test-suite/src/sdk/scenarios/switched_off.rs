//! The vendor switches the install off while it submits data.

use standin_contracts::protocol::{Millis, SdkCommandName};

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "switched-off",
    summary: "the vendor switches the install off while it submits data",
    needs: &[Need::SdkCommand(SdkCommandName::Record)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(1).await?;
    phone.sync_now().await?;
    harness.switch_off(&phone)?;
    for _ in 0..2 {
        phone.record_some(2).await?;
        phone.sync_now().await?;
        harness.pass_if_able(Millis::from_secs(3600)).await?;
    }
    Ok(())
}
