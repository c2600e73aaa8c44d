//! The app dies before its user is created, after that, and as soon as it hears of it.

use standin_contracts::protocol::CommandName;
use standin_mock_server::fault::{Fault, Hold, Moment};

use super::Scenario;
use crate::adapter::Storage;
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "killed-while-creating",
    summary: "the app dies before its user is created, after that, and as soon as it hears of it",
    needs: &[],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    for (name, at) in [("before", Moment::BeforeCommit), ("after", Moment::AfterCommit)] {
        let phone = world.install(name, "phone", Storage::New).await?;
        phone.launch().await?;
        phone.allow_all().await?;
        let command = phone.creation(name, world.credential(name).await?);
        world.meet(CommandName::CreateUser, Fault::Hold(Hold { at }), 1)?;
        phone.kill_during(Some(name), command, CommandName::CreateUser).await?;
        world.sandbox().clear_faults();
        phone.recover(name).await?;
    }
    let phone = world.phone().await?;
    phone.launch().await?;
    phone.allow_all().await?;
    phone.create_user("alice").await?;
    phone.kill().await?;
    phone.recover("alice").await
}
