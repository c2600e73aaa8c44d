//! The app starts for the first time, its user logs in and allows everything.

use standin_contracts::protocol::SdkCommandName;

use crate::driver::Halt;
use crate::sdk::SdkHarness;
use crate::sdk::scenarios::{Need, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-first-start",
    summary: "the app starts for the first time, its user logs in and allows everything",
    needs: &[Need::SdkCommand(SdkCommandName::LogIn)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin_app("alice").await?;
    phone.record_some(2).await?;
    harness.quiesce().await
}
