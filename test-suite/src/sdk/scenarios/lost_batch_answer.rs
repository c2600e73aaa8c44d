//! The vendor accepts the batch, and the answer never arrives.

use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};
use standin_mock_server::fault::{Fault, ResetAfterCommit};

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "lost-batch-answer",
    summary: "the vendor keeps what was submitted, and the answer never arrives",
    needs: &[
        Need::SdkCommand(SdkCommandName::Record),
        Need::Command(CommandName::SubmitBatch),
        Need::SdkCommand(SdkCommandName::Advance),
    ],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    harness.meet(CommandName::SubmitBatch, Fault::ResetAfterCommit(ResetAfterCommit {}), 1)?;
    phone.record_some(2).await?;
    phone.sync_now().await?;
    phone.record_some(1).await?;
    harness.pass(Millis::from_secs(3600)).await
}
