//! The app is closed and started again with its stored data.

use super::Scenario;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "relaunch",
    summary: "the app is closed and started again with all that it had stored",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(2).await?;
    phone.kill().await?;
    phone.launch().await?;
    if harness.mints_at_each_start() {
        phone.create_user("alice").await?;
    }
    phone.start_sync().await?;
    phone.record_some(1).await?;
    phone.sync_now().await
}
