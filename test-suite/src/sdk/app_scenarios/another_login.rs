//! Another user logs in while the first is still logged in.

use standin_contracts::protocol::SdkCommandName;

use crate::driver::Halt;
use crate::sdk::SdkHarness;
use crate::sdk::scenarios::{Need, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-another-login",
    summary: "somebody else logs in while the first user still is",
    needs: &[Need::SdkCommand(SdkCommandName::LogIn)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin_app("alice").await?;
    phone.record_some(1).await?;
    phone.log_in("bob").await?;
    phone.record_some(1).await?;
    harness.quiesce().await
}
