//! The user signs out, the app is started again, and another user signs in.

use standin_contracts::protocol::{Millis, SdkCommandName};

use super::{Need, Scenario};
use crate::adapter::SdkCommand;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "reset-and-relaunch",
    summary: "the user signs out, the app is started again, and somebody else signs in",
    needs: &[Need::SdkCommand(SdkCommandName::Reset), Need::SdkCommand(SdkCommandName::Advance)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(1).await?;
    phone.run(SdkCommand::Reset {}).await?;
    harness.pass(Millis::from_secs(86_400)).await?;
    phone.kill().await?;
    phone.launch().await?;
    phone.start_sync().await?;
    phone.sync_now().await?;
    phone.begin_signed_out("bob").await?;
    phone.record_some(1).await?;
    phone.sync_now().await
}
