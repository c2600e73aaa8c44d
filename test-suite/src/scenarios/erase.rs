//! A user asks to be erased and comes back. Only then may the vendor have a second user for the same person.

use super::{Need, Scenario};
use crate::backend_harness::BackendHarness;
use crate::driver::{Ask, Halt};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "erase",
    summary: "one user's app asks its backend to have the user erased; then all users sign in",
    needs: &[Need::Call("erase")],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    for call in harness.calls() {
        for user in harness.users() {
            harness.ask_and_sign_in(call, user).await?;
        }
        if let Some(leaver) = harness.users().first() {
            harness.ask(Ask::valid("erase", leaver)).await?;
            harness.pause().await;
        }
        for user in harness.users() {
            harness.ask_and_sign_in(call, user).await?;
        }
    }
    Ok(())
}
