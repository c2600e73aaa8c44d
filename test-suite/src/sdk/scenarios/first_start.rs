//! The app starts for the first time, its user allows everything, and what is recorded is brought.

use super::Scenario;
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "first-start",
    summary: "the app starts for the first time, its user allows everything, and what is recorded is brought",
    needs: &[],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(3).await?;
    phone.sync_now().await
}
