//! A further process of the app starts, without the main one and beside it.

use standin_contracts::protocol::SdkCommandName;

use crate::driver::Halt;
use crate::sdk::SdkHarness;
use crate::sdk::scenarios::{Need, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-several-processes",
    summary: "a further process of the app starts, without the main one and beside it",
    needs: &[Need::SdkCommand(SdkCommandName::LogIn), Need::SdkCommand(SdkCommandName::StartProcess)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin_app("alice").await?;
    phone.kill().await?;
    phone.start_process().await?;
    phone.launch().await?;
    phone.open().await
}
