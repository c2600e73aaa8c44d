//! The app starts for the first time, its user logs in and allows everything.

use standin_contracts::protocol::SdkCommandName;

use crate::driver::Halt;
use crate::sdk::World;
use crate::sdk::scenarios::{Need, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-first-start",
    summary: "the app starts for the first time, its user logs in and allows everything",
    needs: &[Need::SdkCommand(SdkCommandName::LogIn)],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.begin_app("alice").await?;
    phone.record_some(2).await?;
    world.quiesce().await
}
