//! The vendor takes longer to answer than a round should take.

use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};
use standin_mock_server::fault::{Fault, Latency};

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "slow-vendor",
    summary: "the vendor takes longer to answer than a round should take",
    needs: &[
        Need::SdkCommand(SdkCommandName::Record),
        Need::Command(CommandName::SubmitBatch),
        Need::SdkCommand(SdkCommandName::Advance),
    ],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.begin("alice").await?;
    world.meet(CommandName::SubmitBatch, Fault::Latency(Latency { span: Millis::from_secs(20) }), 3)?;
    for _ in 0..3 {
        phone.record_some(1).await?;
        phone.sync_now().await?;
    }
    world.pass(Millis::from_secs(3600)).await
}
