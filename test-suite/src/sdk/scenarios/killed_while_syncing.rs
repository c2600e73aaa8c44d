//! The app dies while what was recorded is on its way, and is started again.

use standin_contracts::protocol::{CommandName, SdkCommandName};
use standin_mock_server::fault::{Fault, ResetAfterCommit};

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "killed-while-syncing",
    summary: "the app dies while what was recorded is on its way, and is started again",
    needs: &[Need::SdkCommand(SdkCommandName::Record), Need::Command(CommandName::SubmitBatch)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(2).await?;
    harness.meet(CommandName::SubmitBatch, Fault::ResetAfterCommit(ResetAfterCommit {}), 1)?;
    phone.sync_now().await?;
    phone.kill().await?;
    phone.launch().await?;
    phone.start_sync().await?;
    phone.sync_now().await
}
