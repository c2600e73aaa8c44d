//! A user signs in on a second phone, and the first goes on.

use standin_contracts::protocol::Millis;

use super::Scenario;
use crate::adapter::Storage;
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "two-phones",
    summary: "a user signs in on a second phone, and the first goes on",
    needs: &[],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let first = world.phone().await?;
    first.begin("alice").await?;
    let second = world.install("second-phone", "phone", Storage::New).await?;
    second.begin("alice").await?;
    for _ in 0..2 {
        for phone in [&first, &second] {
            phone.record_some(2).await?;
            phone.sync_now().await?;
        }
        world.pass_if_able(Millis::from_secs(3600)).await?;
    }
    Ok(())
}
