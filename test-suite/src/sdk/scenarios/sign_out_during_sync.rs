//! The user signs out while what was recorded is on its way.

use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};
use standin_mock_server::fault::{Fault, Latency};

use super::{Need, Scenario};
use crate::adapter::SdkCommand;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "sign-out-during-sync",
    summary: "the user signs out while what was recorded is on its way",
    needs: &[
        Need::SdkCommand(SdkCommandName::Reset),
        Need::SdkCommand(SdkCommandName::Record),
        Need::Command(CommandName::SubmitBatch),
        Need::SdkCommand(SdkCommandName::Advance),
        Need::SdkCommand(SdkCommandName::SyncNow),
    ],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(2).await?;
    harness.meet(CommandName::SubmitBatch, Fault::Latency(Latency { span: Millis::from_secs(20) }), 1)?;
    phone.run_during(SdkCommand::SyncNow {}, CommandName::SubmitBatch, SdkCommand::Reset {}).await?;
    phone.begin_signed_out("bob").await?;
    phone.record_some(1).await?;
    phone.sync_now().await
}
