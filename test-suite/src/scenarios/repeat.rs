//! Repetition: the same user must stay the same, and a credential must be new.

use standin_contracts::protocol::CommandName;

use super::Scenario;
use crate::driver::Halt;
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "repeat",
    summary: "the same users ask again, as at every start of their apps",
    needs: &[],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    for call in stage.calls() {
        for _ in 0..2 {
            for user in stage.users() {
                stage.ask_and_sign_in(call, user).await?;
            }
            if stage.contract().has(CommandName::ReadBack) {
                stage.sandbox().advance(stage.contract().facts.read_back.ready_after.value);
            }
        }
    }
    Ok(())
}
