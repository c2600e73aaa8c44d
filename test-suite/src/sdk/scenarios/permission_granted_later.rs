//! The user denies everything, and allows it a day later.

use standin_contracts::protocol::{Millis, SdkCommandName};

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "permission-granted-later",
    summary: "the user denies everything, and allows it a day later",
    needs: &[
        Need::SdkCommand(SdkCommandName::Grant),
        Need::SdkCommand(SdkCommandName::Record),
        Need::SdkCommand(SdkCommandName::Advance),
    ],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.launch().await?;
    phone.grant(&harness.categories(), false).await?;
    if phone.create_user("alice").await? {
        phone.start_sync().await?;
    }
    phone.record_some(1).await?;
    harness.pass(Millis::from_secs(86_400)).await?;
    phone.allow_all().await?;
    phone.record_some(2).await?;
    harness.pass(Millis::from_secs(86_400)).await
}
