//! A credential has expired by the time that it arrives at the vendor.

use standin_contracts::protocol::{CommandName, SdkCommandName};

use crate::driver::Halt;
use crate::sdk::SdkHarness;
use crate::sdk::scenarios::{Need, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-expired-credential",
    summary: "a credential is worth nothing by the time that it arrives at the vendor",
    needs: &[Need::SdkCommand(SdkCommandName::LogIn), Need::Command(CommandName::IssueCredential)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.launch().await?;
    phone.open().await?;
    phone.answer(true).await?;
    let command = phone.logging_in("alice")?;
    phone.run_until_expired(command).await
}
