//! The app asks for syncs before it has a user.

use standin_contracts::protocol::SdkCommandName;

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "early-sync",
    summary: "the app asks for syncs before it has a user",
    needs: &[Need::SdkCommand(SdkCommandName::StartSync)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.launch().await?;
    phone.allow_all().await?;
    phone.start_sync().await?;
    phone.record_some(1).await?;
    phone.sync_now().await?;
    phone.create_user("alice").await?;
    phone.start_sync().await?;
    phone.sync_now().await
}
