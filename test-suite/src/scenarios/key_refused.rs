//! A key that is no good any more: the app must not hear why, and the vendor not hear it again and again.

use standin_mock_server::KeyState;

use super::Scenario;
use crate::driver::{Ask, Halt};
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "key-refused",
    summary: "the server key is revoked, then has lost its scope",
    needs: &[],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    for state in [KeyState::Revoked, KeyState::WithoutScope] {
        stage.set_key(state)?;
        for call in stage.calls() {
            for user in stage.users() {
                stage.ask_beyond_stock(Ask::honest(call, user)).await?;
            }
        }
        stage.set_key(KeyState::Valid)?;
    }
    Ok(())
}
