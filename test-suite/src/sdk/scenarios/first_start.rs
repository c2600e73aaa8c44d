//! The app starts for the first time, its user allows everything, and what is recorded is submitted.

use super::Scenario;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "first-start",
    summary: "the app starts for the first time, its user allows everything, and what is recorded is submitted",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(3).await?;
    phone.sync_now().await
}
