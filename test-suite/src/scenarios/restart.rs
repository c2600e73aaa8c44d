//! A restart: the backend's data about its users must survive it.

use super::{Need, Scenario};
use crate::backend_harness::BackendHarness;
use crate::driver::Halt;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "restart",
    summary: "the backend is killed and started again, and all users ask once more",
    needs: &[Need::Restart],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    for call in harness.calls() {
        for user in harness.users() {
            harness.ask_and_sign_in(call, user).await?;
        }
        harness.restart().await?;
        for user in harness.users() {
            harness.ask_and_sign_in(call, user).await?;
        }
    }
    Ok(())
}
