//! The vendor creates the user, the answer never arrives, and the app is started again.

use crate::driver::Halt;
use crate::sdk::SdkHarness;
use crate::sdk::scenarios::{Need, Scenario};
use standin_contracts::protocol::{CommandName, SdkCommandName};
use standin_mock_server::fault::{Fault, ResetAfterCommit};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-lost-answer",
    summary: "the vendor creates the user, the answer never arrives, and the app is started again",
    needs: &[Need::SdkCommand(SdkCommandName::LogIn)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    harness.meet(CommandName::CreateUser, Fault::ResetAfterCommit(ResetAfterCommit {}), 1)?;
    phone.begin_app("alice").await?;
    phone.relaunch().await
}
