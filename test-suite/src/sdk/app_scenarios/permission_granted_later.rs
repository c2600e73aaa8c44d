//! The user denies everything, and allows it a while later.

use standin_contracts::protocol::{Millis, SdkCommandName};

use crate::driver::Halt;
use crate::sdk::SdkHarness;
use crate::sdk::scenarios::{Need, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-permission-granted-later",
    summary: "the user denies everything, and allows it a while later",
    needs: &[
        Need::SdkCommand(SdkCommandName::LogIn),
        Need::SdkCommand(SdkCommandName::Grant),
        Need::SdkCommand(SdkCommandName::Advance),
    ],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.launch().await?;
    phone.open().await?;
    phone.log_in("alice").await?;
    phone.answer(false).await?;
    harness.pass(Millis::from_secs(3600)).await?;
    phone.answer(true).await?;
    phone.record_some(1).await?;
    harness.pass(Millis::from_secs(86_400)).await
}
