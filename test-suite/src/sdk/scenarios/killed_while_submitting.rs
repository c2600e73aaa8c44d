//! The app dies before its batch is accepted, after that, and when it gets the answer.

use standin_contracts::protocol::{CommandName, SdkCommandName};
use standin_mock_server::fault::{Fault, Hold, Moment};

use super::{Need, Scenario};
use crate::adapter::{SdkCommand, Storage};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "killed-while-submitting",
    summary: "the app dies before what it submits is kept, after that, and as soon as it hears of it",
    needs: &[
        Need::SdkCommand(SdkCommandName::Record),
        Need::SdkCommand(SdkCommandName::SyncNow),
        Need::Command(CommandName::SubmitBatch),
    ],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    for (name, at) in [("before", Moment::BeforeCommit), ("after", Moment::AfterCommit)] {
        let phone = harness.install(name, "phone", Storage::New).await?;
        phone.begin(name).await?;
        harness.quiesce().await?;
        harness.meet(CommandName::SubmitBatch, Fault::Hold(Hold { at }), 1)?;
        phone.record_some(2).await?;
        phone.kill_during(None, SdkCommand::SyncNow {}, CommandName::SubmitBatch).await?;
        harness.sandbox().clear_faults();
        phone.recover(name).await?;
    }
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(2).await?;
    phone.sync_now().await?;
    phone.kill().await?;
    phone.recover("alice").await
}
