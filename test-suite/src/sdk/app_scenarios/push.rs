//! A push of the vendor arrives at the app, and then one of another sender.

use standin_contracts::protocol::{CommandName, SdkCommandName};

use crate::driver::Halt;
use crate::sdk::SdkHarness;
use crate::sdk::scenarios::{Need, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-push",
    summary: "a push of the vendor arrives at the app, and then one of somebody else",
    needs: &[
        Need::SdkCommand(SdkCommandName::LogIn),
        Need::SdkCommand(SdkCommandName::ReceivePush),
        Need::Command(CommandName::Push),
    ],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin_app("alice").await?;
    phone.record_some(1).await?;
    phone.receive_push().await?;
    phone.receive_foreign_push().await
}
