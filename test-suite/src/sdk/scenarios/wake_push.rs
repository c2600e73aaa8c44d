//! The vendor wakes the SDK by push, once, and then five times in a row while more is recorded.

use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "wake-push",
    summary: "the vendor wakes the SDK by push, once, and then five times in a row while more is recorded",
    needs: &[
        Need::Command(CommandName::Push),
        Need::SdkCommand(SdkCommandName::ForwardPush),
        Need::SdkCommand(SdkCommandName::Record),
        Need::SdkCommand(SdkCommandName::Advance),
    ],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.hand_push_token().await?;
    phone.record_some(1).await?;
    phone.wake().await?;
    harness.pass(Millis::from_secs(3600)).await?;
    for _ in 0..5 {
        phone.record_some(1).await?;
        phone.wake().await?;
        harness.quiesce().await?;
    }
    harness.pass(Millis::from_secs(3600)).await
}
