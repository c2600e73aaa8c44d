//! The vendor creates the user, and the answer never arrives.

use standin_contracts::protocol::CommandName;
use standin_mock_server::fault::{Fault, ResetAfterCommit};

use super::Scenario;
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "lost-answer",
    summary: "the vendor creates the user, and the answer never arrives",
    needs: &[],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.launch().await?;
    phone.allow_all().await?;
    world.meet(CommandName::CreateUser, Fault::ResetAfterCommit(ResetAfterCommit {}), 1)?;
    let created = phone.create_user("alice").await?;
    if !created {
        phone.create_user("alice").await?;
    }
    phone.start_sync().await?;
    phone.record_some(1).await?;
    phone.sync_now().await
}
