//! A user who asks to be erased, and comes back: only then may there be another user at the vendor.

use super::{Need, Scenario};
use crate::backend_harness::BackendHarness;
use crate::driver::{Ask, Halt};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "erase",
    summary: "one user's app asks its backend to have the user erased; then everybody signs in",
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
