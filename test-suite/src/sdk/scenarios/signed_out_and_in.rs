//! The user signs out, and later signs in again.

use standin_contracts::protocol::SdkCommandName;

use super::{Need, Scenario};
use crate::adapter::SdkCommand;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "signed-out-and-in",
    summary: "the user signs out, and later signs in again",
    needs: &[Need::SdkCommand(SdkCommandName::Reset)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(1).await?;
    phone.sync_now().await?;
    phone.run(SdkCommand::Reset {}).await?;
    phone.begin_signed_out("alice").await?;
    phone.record_some(1).await?;
    phone.sync_now().await
}
