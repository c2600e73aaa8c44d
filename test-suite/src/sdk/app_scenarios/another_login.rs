//! Somebody else logs in while the first user still is.

use standin_contracts::protocol::SdkCommandName;

use crate::driver::Halt;
use crate::sdk::World;
use crate::sdk::scenarios::{Need, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-another-login",
    summary: "somebody else logs in while the first user still is",
    needs: &[Need::SdkCommand(SdkCommandName::LogIn)],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.begin_app("alice").await?;
    phone.record_some(1).await?;
    phone.log_in("bob").await?;
    phone.record_some(1).await?;
    world.quiesce().await
}
