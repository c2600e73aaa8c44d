//! A restart: what the backend knows of its users must outlive it.

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "restart",
    summary: "the backend is killed and started again, and everybody asks once more",
    needs: &[Need::Restart],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    for call in stage.calls() {
        for user in stage.users() {
            stage.ask_and_sign_in(call, user).await?;
        }
        stage.restart().await?;
        for user in stage.users() {
            stage.ask_and_sign_in(call, user).await?;
        }
    }
    Ok(())
}
