//! A credential lies about until it is worth nothing; then comes a fresh one.

use standin_contracts::protocol::CommandName;

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "expired-credential",
    summary: "a credential lies about until it is worth nothing; then comes a fresh one",
    needs: &[Need::Command(CommandName::IssueCredential)],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.launch().await?;
    phone.allow_all().await?;
    let late = world.credential("alice").await?;
    world.pass(world.contract().facts.credential.lifetime.value).await?;
    phone.create_user_with("alice", late).await?;
    phone.create_user("alice").await.map(drop)
}
