//! Repeated requests: the user must stay the same, and each credential must be new.

use standin_contracts::protocol::CommandName;

use super::Scenario;
use crate::backend_harness::BackendHarness;
use crate::driver::Halt;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "repeat",
    summary: "the same users ask again, as at every start of their apps",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    for call in harness.calls() {
        for _ in 0..2 {
            for user in harness.users() {
                harness.ask_and_sign_in(call, user).await?;
            }
            if harness.contract().has(CommandName::ReadBack) {
                harness.sandbox().advance(harness.contract().facts.read_back.ready_after.value);
            }
        }
    }
    Ok(())
}
