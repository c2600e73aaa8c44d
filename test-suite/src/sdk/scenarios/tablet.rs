//! A user who is active on a phone signs in on a tablet.

use super::Scenario;
use crate::adapter::Storage;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "tablet",
    summary: "a user who is active on a phone signs in on a tablet",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    let tablet = harness.install("tablet", "tablet", Storage::New).await?;
    tablet.begin("alice").await?;
    for device in [&tablet, &phone] {
        device.record_some(1).await?;
        device.sync_now().await?;
    }
    Ok(())
}
