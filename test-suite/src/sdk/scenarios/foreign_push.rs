//! The app hands over a push of another sender.

use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "foreign-push",
    summary: "the app hands over a push that is somebody else's",
    needs: &[
        Need::Command(CommandName::Push),
        Need::SdkCommand(SdkCommandName::ForwardPush),
        Need::SdkCommand(SdkCommandName::Advance),
    ],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(1).await?;
    phone.mistake_push().await?;
    harness.pass(Millis::from_secs(60)).await
}
