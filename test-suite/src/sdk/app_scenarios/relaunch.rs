//! The app is closed and started again by a user who is logged in.

use standin_contracts::protocol::SdkCommandName;

use crate::driver::Halt;
use crate::sdk::SdkHarness;
use crate::sdk::scenarios::{Need, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-relaunch",
    summary: "the app is closed and started again by a user who is logged in",
    needs: &[Need::SdkCommand(SdkCommandName::LogIn)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin_app("alice").await?;
    phone.relaunch().await?;
    phone.record_some(1).await?;
    phone.relaunch().await
}
