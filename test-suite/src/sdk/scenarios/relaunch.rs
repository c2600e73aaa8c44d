//! The app is closed and started again with all that it had stored.

use super::Scenario;
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "relaunch",
    summary: "the app is closed and started again with all that it had stored",
    needs: &[],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(2).await?;
    phone.kill().await?;
    phone.launch().await?;
    if world.mints_at_each_start() {
        phone.create_user("alice").await?;
    }
    phone.start_sync().await?;
    phone.record_some(1).await?;
    phone.sync_now().await
}
