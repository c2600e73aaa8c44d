//! The vendor creates the user, and the answer never arrives.

use standin_contracts::protocol::CommandName;
use standin_mock_server::fault::{Fault, ResetAfterCommit};

use super::Scenario;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "lost-answer",
    summary: "the vendor creates the user, and the answer never arrives",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.launch().await?;
    phone.allow_all().await?;
    harness.meet(CommandName::CreateUser, Fault::ResetAfterCommit(ResetAfterCommit {}), 1)?;
    let created = phone.create_user("alice").await?;
    if !created {
        phone.create_user("alice").await?;
    }
    phone.start_sync().await?;
    phone.record_some(1).await?;
    phone.sync_now().await
}
