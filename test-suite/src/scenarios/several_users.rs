//! The basic scenario, from which all others deviate.

use super::Scenario;
use crate::backend_harness::BackendHarness;
use crate::driver::Halt;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "several-users",
    summary: "each user's app asks once, and its SDK signs in",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    for call in harness.calls() {
        for user in harness.users() {
            harness.ask_and_sign_in(call, user).await?;
        }
    }
    Ok(())
}
