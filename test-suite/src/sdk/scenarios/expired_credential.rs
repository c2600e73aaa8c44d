//! A credential expires before it is used; then comes a fresh one.

use standin_contracts::protocol::CommandName;

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "expired-credential",
    summary: "a credential lies about until it is worth nothing; then comes a fresh one",
    needs: &[Need::Command(CommandName::IssueCredential)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.launch().await?;
    phone.allow_all().await?;
    let late = harness.credential("alice").await?;
    harness.pass(harness.contract().facts.credential.lifetime.value).await?;
    phone.create_user_with("alice", late).await?;
    phone.create_user("alice").await.map(drop)
}
