//! A network's sign-in page answers in the vendor's place, and an answer is cut in the middle.

use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};
use standin_mock_server::fault::{CaptivePortal, Fault, TruncatedBody};

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "captive-portal",
    summary: "a network's sign-in page answers in the vendor's place, and an answer is cut in the middle",
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
    for fault in [Fault::CaptivePortal(CaptivePortal {}), Fault::TruncatedBody(TruncatedBody { keep: None })] {
        harness.meet(CommandName::SubmitBatch, fault, 1)?;
        phone.record_some(2).await?;
        phone.sync_now().await?;
        harness.pass(Millis::from_secs(3600)).await?;
    }
    Ok(())
}
