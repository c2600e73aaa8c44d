//! Syncs are stopped while a batch waits for another try, and three days go by; then they are started again.

use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};
use standin_mock_server::fault::{Fault, Status};

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "stop",
    summary: "syncs are stopped while a batch waits for another try, and three days go by; then they are started again",
    needs: &[Need::SdkCommand(SdkCommandName::StopSync), Need::SdkCommand(SdkCommandName::Advance)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(1).await?;
    harness.meet(CommandName::SubmitBatch, Fault::Status(Status::plain(503)), 1)?;
    phone.sync_now().await?;
    phone.stop_sync().await?;
    harness.pass(Millis::from_secs(3 * 86_400)).await?;
    phone.start_sync().await?;
    phone.sync_now().await
}
