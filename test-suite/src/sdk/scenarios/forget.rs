//! The user asks to be forgotten, and later comes back.

use standin_contracts::protocol::SdkCommandName;

use super::{Need, Scenario};
use crate::adapter::SdkCommand;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "forget",
    summary: "the user wants to be forgotten, and later comes back",
    needs: &[Need::SdkCommand(SdkCommandName::Forget)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(2).await?;
    phone.run(SdkCommand::Forget {}).await?;
    phone.record_some(1).await?;
    phone.begin_signed_out("alice").await?;
    phone.record_some(1).await?;
    phone.sync_now().await
}
