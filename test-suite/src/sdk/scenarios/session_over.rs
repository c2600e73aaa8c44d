//! The session expires while much is waiting to be submitted.

use standin_contracts::protocol::SdkCommandName;

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "session-over",
    summary: "the session runs out while much is waiting to be submitted",
    needs: &[Need::SdkCommand(SdkCommandName::Record), Need::SdkCommand(SdkCommandName::Advance)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(1).await?;
    phone.sync_now().await?;
    phone.stop_sync().await?;
    harness.pass(harness.contract().facts.session.lifetime.value).await?;
    phone.record_some(3).await?;
    phone.start_sync().await?;
    phone.sync_now().await
}
