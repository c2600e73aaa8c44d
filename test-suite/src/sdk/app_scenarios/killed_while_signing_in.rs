//! The app dies while its user is being created, and is started again.

use standin_contracts::protocol::{CommandName, SdkCommandName};

use crate::adapter::SdkCommand;
use crate::driver::Halt;
use crate::sdk::SdkHarness;
use crate::sdk::scenarios::{Need, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-killed-while-signing-in",
    summary: "the app dies while its user is being created, and is started again",
    needs: &[Need::SdkCommand(SdkCommandName::LogIn)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.launch().await?;
    phone.open().await?;
    phone.answer(true).await?;
    let command = phone.logging_in("alice")?;
    phone.run_during(command, CommandName::CreateUser, SdkCommand::Kill {}).await?;
    phone.launch().await?;
    phone.open().await
}
