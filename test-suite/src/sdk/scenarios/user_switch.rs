//! With a full queue another user is created, first without a reset and then after one.

use standin_contracts::protocol::SdkCommandName;

use super::{Need, Scenario};
use crate::adapter::SdkCommand;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "user-switch",
    summary: "with a full queue another user is created, first without a reset and then after one",
    needs: &[Need::SdkCommand(SdkCommandName::Reset)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(2).await?;
    phone.create_user("bob").await?;
    phone.run(SdkCommand::Reset {}).await?;
    phone.begin_signed_out("bob").await?;
    phone.record_some(2).await?;
    phone.sync_now().await
}
