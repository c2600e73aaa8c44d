//! The user logs out and in again, on this phone and then on another.

use standin_contracts::protocol::SdkCommandName;

use crate::adapter::Storage;
use crate::driver::Halt;
use crate::sdk::SdkHarness;
use crate::sdk::scenarios::{Need, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-user-returns",
    summary: "the user logs out and in again, on this phone and then on another",
    needs: &[Need::SdkCommand(SdkCommandName::LogIn), Need::SdkCommand(SdkCommandName::LogOut)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin_app("alice").await?;
    phone.log_out().await?;
    phone.log_in("alice").await?;
    let other = harness.install("other-phone", "phone", Storage::New).await?;
    other.begin_app("alice").await
}
