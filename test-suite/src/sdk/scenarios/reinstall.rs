//! The app is removed and installed again, and the same user signs in.

use super::Scenario;
use crate::adapter::Storage;
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "reinstall",
    summary: "the app is removed and installed again, and the same user signs in",
    needs: &[],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.begin("alice").await?;
    phone.kill().await?;
    let again = world.install("phone-again", "phone", Storage::New).await?;
    again.begin("alice").await
}
