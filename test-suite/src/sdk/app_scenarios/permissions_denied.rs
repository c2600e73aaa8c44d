//! The user denies everything, and the app goes on without permissions.

use standin_contracts::protocol::SdkCommandName;

use crate::driver::Halt;
use crate::sdk::SdkHarness;
use crate::sdk::scenarios::{Need, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-permissions-denied",
    summary: "the user denies everything, and the app goes on without",
    needs: &[Need::SdkCommand(SdkCommandName::LogIn), Need::SdkCommand(SdkCommandName::Grant)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.launch().await?;
    phone.open().await?;
    phone.log_in("alice").await?;
    phone.answer(false).await?;
    phone.record_some(1).await
}
