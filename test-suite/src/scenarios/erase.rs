//! A user who asks to be erased, and comes back: only then may there be another user at the vendor.

use super::{Need, Scenario};
use crate::driver::{Ask, Halt};
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "erase",
    summary: "one user's app asks its backend to have the user erased; then everybody signs in",
    needs: &[Need::Call("erase")],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    for call in stage.calls() {
        for user in stage.users() {
            stage.ask_and_sign_in(call, user).await?;
        }
        if let Some(leaver) = stage.users().first() {
            stage.ask(Ask::honest("erase", leaver)).await?;
            stage.pause().await;
        }
        for user in stage.users() {
            stage.ask_and_sign_in(call, user).await?;
        }
    }
    Ok(())
}
