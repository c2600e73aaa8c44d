//! A key that is no longer valid: the app must not learn why, and the backend must not retry with it.

use standin_mock_server::KeyState;

use super::Scenario;
use crate::backend_harness::BackendHarness;
use crate::driver::{Ask, Halt};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "key-refused",
    summary: "the server key is revoked, then has lost its scope",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    for state in [KeyState::Revoked, KeyState::WithoutScope] {
        harness.set_key(state)?;
        for call in harness.calls() {
            for user in harness.users() {
                harness.ask_beyond_stock(Ask::valid(call, user)).await?;
            }
        }
        harness.set_key(KeyState::Valid)?;
    }
    Ok(())
}
