//! Syncs are stopped while a batch waits for another try, and three days go by; then they are started again.

use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};
use standin_mock_server::fault::{Fault, Status};

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "stop",
    summary: "syncs are stopped while a batch waits for another try, and three days go by; then they are started again",
    needs: &[Need::SdkCommand(SdkCommandName::StopSync), Need::SdkCommand(SdkCommandName::Advance)],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(1).await?;
    world.meet(CommandName::SubmitBatch, Fault::Status(Status::plain(503)), 1)?;
    phone.sync_now().await?;
    phone.stop_sync().await?;
    world.pass(Millis::from_secs(3 * 86_400)).await?;
    phone.start_sync().await?;
    phone.sync_now().await
}
