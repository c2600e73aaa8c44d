//! A sync fails for a reason that passes, and the app asks for another one. It needs no time to pass.

use standin_contracts::protocol::{CommandName, SdkCommandName};
use standin_mock_server::fault::{Fault, ResetBeforeCommit, Status, TruncatedBody};

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "failing-sync",
    summary: "a sync fails for a reason that passes, and the app records more and asks for another one",
    needs: &[
        Need::SdkCommand(SdkCommandName::Record),
        Need::SdkCommand(SdkCommandName::SyncNow),
        Need::Command(CommandName::SubmitBatch),
    ],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    let faults = [
        Fault::Status(Status::plain(503)),
        Fault::ResetBeforeCommit(ResetBeforeCommit {}),
        Fault::TruncatedBody(TruncatedBody { keep: None }),
    ];
    for fault in faults {
        harness.meet(CommandName::SubmitBatch, fault, 1)?;
        phone.record_some(2).await?;
        phone.sync_now().await?;
        phone.record_some(1).await?;
        phone.sync_now().await?;
    }
    Ok(())
}
