//! The app hands over a push that is somebody else's.

use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "foreign-push",
    summary: "the app hands over a push that is somebody else's",
    needs: &[
        Need::Command(CommandName::Push),
        Need::SdkCommand(SdkCommandName::ForwardPush),
        Need::SdkCommand(SdkCommandName::Advance),
    ],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(1).await?;
    phone.mistake_push().await?;
    world.pass(Millis::from_secs(60)).await
}
