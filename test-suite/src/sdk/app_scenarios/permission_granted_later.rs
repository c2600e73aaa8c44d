//! The user denies everything, and allows it a while later.

use standin_contracts::protocol::{Millis, SdkCommandName};

use crate::driver::Halt;
use crate::sdk::World;
use crate::sdk::scenarios::{Need, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-permission-granted-later",
    summary: "the user denies everything, and allows it a while later",
    needs: &[
        Need::SdkCommand(SdkCommandName::LogIn),
        Need::SdkCommand(SdkCommandName::Grant),
        Need::SdkCommand(SdkCommandName::Advance),
    ],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.launch().await?;
    phone.open().await?;
    phone.log_in("alice").await?;
    phone.answer(false).await?;
    world.pass(Millis::from_secs(3600)).await?;
    phone.answer(true).await?;
    phone.record_some(1).await?;
    world.pass(Millis::from_secs(86_400)).await
}
