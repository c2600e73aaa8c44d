//! The plain course: everything else is a deviation from it.

use super::Scenario;
use crate::driver::Halt;
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "several-users",
    summary: "each user's app asks once, and its SDK signs in",
    needs: &[],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    for call in stage.calls() {
        for user in stage.users() {
            stage.ask_and_sign_in(call, user).await?;
        }
    }
    Ok(())
}
