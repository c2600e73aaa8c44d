//! The app dies before its user is created, after that, and when it gets the answer.

use standin_contracts::protocol::CommandName;
use standin_mock_server::fault::{Fault, Hold, Moment};

use super::Scenario;
use crate::adapter::Storage;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "killed-while-creating",
    summary: "the app dies before its user is created, after that, and as soon as it hears of it",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    for (name, at) in [("before", Moment::BeforeCommit), ("after", Moment::AfterCommit)] {
        let phone = harness.install(name, "phone", Storage::New).await?;
        phone.launch().await?;
        phone.allow_all().await?;
        let command = phone.creation(name, harness.credential(name).await?);
        harness.meet(CommandName::CreateUser, Fault::Hold(Hold { at }), 1)?;
        phone.kill_during(Some(name), command, CommandName::CreateUser).await?;
        harness.sandbox().clear_faults();
        phone.recover(name).await?;
    }
    let phone = harness.phone().await?;
    phone.launch().await?;
    phone.allow_all().await?;
    phone.create_user("alice").await?;
    phone.kill().await?;
    phone.recover("alice").await
}
