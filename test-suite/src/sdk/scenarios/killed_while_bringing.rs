//! The app dies before what it brings is kept, after that, and as soon as it hears of it.

use standin_contracts::protocol::{CommandName, SdkCommandName};
use standin_mock_server::fault::{Fault, Hold, Moment};

use super::{Need, Scenario};
use crate::adapter::{SdkCommand, Storage};
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "killed-while-bringing",
    summary: "the app dies before what it brings is kept, after that, and as soon as it hears of it",
    needs: &[
        Need::SdkCommand(SdkCommandName::Record),
        Need::SdkCommand(SdkCommandName::SyncNow),
        Need::Command(CommandName::SubmitBatch),
    ],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    for (name, at) in [("before", Moment::BeforeCommit), ("after", Moment::AfterCommit)] {
        let phone = world.install(name, "phone", Storage::New).await?;
        phone.begin(name).await?;
        world.quiesce().await?;
        world.meet(CommandName::SubmitBatch, Fault::Hold(Hold { at }), 1)?;
        phone.record_some(2).await?;
        phone.kill_during(None, SdkCommand::SyncNow {}, CommandName::SubmitBatch).await?;
        world.sandbox().clear_faults();
        phone.recover(name).await?;
    }
    let phone = world.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(2).await?;
    phone.sync_now().await?;
    phone.kill().await?;
    phone.recover("alice").await
}
