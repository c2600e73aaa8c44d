//! The vendor answers 503 ten times in a row while data waits; then it recovers.

use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};
use standin_mock_server::fault::{Fault, Status};

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "vendor-down",
    summary: "the vendor answers 503 ten times in a row while data waits; then it is well again",
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
    harness.meet(CommandName::SubmitBatch, Fault::Status(Status::plain(503)), 10)?;
    phone.record_some(3).await?;
    phone.sync_now().await?;
    harness.pass(Millis::from_secs(86_400)).await?;
    phone.record_some(1).await?;
    phone.sync_now().await
}
