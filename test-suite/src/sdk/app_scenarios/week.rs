//! The app runs for a week, and is opened once a day.

use standin_contracts::protocol::{Millis, SdkCommandName};

use crate::driver::Halt;
use crate::sdk::SdkHarness;
use crate::sdk::scenarios::{Need, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-week",
    summary: "the app is left alone for a week, and opened once a day",
    needs: &[Need::SdkCommand(SdkCommandName::LogIn), Need::SdkCommand(SdkCommandName::Advance)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin_app("alice").await?;
    for _ in 0..7 {
        phone.record_some(1).await?;
        harness.pass(Millis::from_secs(86_400)).await?;
        phone.relaunch().await?;
    }
    Ok(())
}
