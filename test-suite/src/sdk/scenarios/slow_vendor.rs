//! The vendor takes longer to answer than a round should take.

use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};
use standin_mock_server::fault::{Fault, Latency};

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "slow-vendor",
    summary: "the vendor takes longer to answer than a round should take",
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
    harness.meet(CommandName::SubmitBatch, Fault::Latency(Latency { span: Millis::from_secs(20) }), 3)?;
    for _ in 0..3 {
        phone.record_some(1).await?;
        phone.sync_now().await?;
    }
    harness.pass(Millis::from_secs(3600)).await
}
