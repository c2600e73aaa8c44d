//! The user denies one category after another, and later allows all of them.

use standin_contracts::protocol::SdkCommandName;

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "permissions-denied",
    summary: "the user denies one category after another, and later allows all of them",
    needs: &[Need::SdkCommand(SdkCommandName::Grant), Need::SdkCommand(SdkCommandName::Record)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.launch().await?;
    let categories = harness.categories();
    for category in &categories {
        phone.grant(std::slice::from_ref(category), false).await?;
    }
    phone.create_user("alice").await?;
    phone.start_sync().await?;
    phone.record_some(2).await?;
    phone.sync_now().await?;
    phone.grant(&categories, true).await?;
    phone.record_some(2).await?;
    phone.sync_now().await
}
