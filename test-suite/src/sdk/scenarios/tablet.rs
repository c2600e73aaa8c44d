//! A user who is active on a phone signs in on a tablet.

use super::Scenario;
use crate::adapter::Storage;
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "tablet",
    summary: "a user who is active on a phone signs in on a tablet",
    needs: &[],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.begin("alice").await?;
    let tablet = world.install("tablet", "tablet", Storage::New).await?;
    tablet.begin("alice").await?;
    for device in [&tablet, &phone] {
        device.record_some(1).await?;
        device.sync_now().await?;
    }
    Ok(())
}
