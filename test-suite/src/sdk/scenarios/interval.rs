//! The SDK syncs by itself for seven days, at its own pace, and on another phone at one that was set.

use standin_contracts::protocol::{Millis, SdkCommandName};

use super::{Need, Scenario};
use crate::adapter::{SdkCommand, Storage};
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "interval",
    summary: "the SDK syncs by itself for seven days, at its own pace, and on another phone at one that was set",
    needs: &[Need::SdkCommand(SdkCommandName::StartSync), Need::SdkCommand(SdkCommandName::Advance)],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.begin("alice").await?;
    for _ in 0..7 {
        phone.record_some(1).await?;
        world.pass(Millis::from_secs(86_400)).await?;
    }
    if world.can(SdkCommandName::SetInterval) && world.can(SdkCommandName::StopSync) {
        hurry(world).await?;
    }
    Ok(())
}

/// Another phone syncs every four hours for most of a day, with something new every other hour.
async fn hurry(world: &World) -> Result<(), Halt> {
    let phone = world.install("other-phone", "phone", Storage::New).await?;
    phone.begin("bob").await?;
    phone.run(SdkCommand::SetInterval { seconds: 4 * 3600 }).await?;
    for _ in 0..10 {
        phone.record_some(1).await?;
        world.pass(Millis::from_secs(2 * 3600)).await?;
    }
    phone.stop_sync().await
}
