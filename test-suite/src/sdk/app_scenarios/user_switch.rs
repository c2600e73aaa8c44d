//! The user logs out, the app is started again, and another user logs in.

use standin_contracts::protocol::SdkCommandName;

use crate::driver::Halt;
use crate::sdk::SdkHarness;
use crate::sdk::scenarios::{Need, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-user-switch",
    summary: "the user logs out, the app is started again, and somebody else logs in",
    needs: &[Need::SdkCommand(SdkCommandName::LogIn), Need::SdkCommand(SdkCommandName::LogOut)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin_app("alice").await?;
    phone.record_some(1).await?;
    phone.log_out().await?;
    phone.relaunch().await?;
    phone.log_in("bob").await?;
    phone.record_some(1).await?;
    harness.quiesce().await
}
