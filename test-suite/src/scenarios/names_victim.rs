//! An app that names somebody else: its login decides, not what it says.

use super::Scenario;
use crate::driver::{Ask, Halt};
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "names-victim",
    summary: "an app with its own login names another user's id",
    needs: &[],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    for call in stage.calls() {
        for user in stage.users() {
            stage.ask_and_sign_in(call, user).await?;
        }
        stage.pause().await;
        for (user, victim) in stage.users().iter().zip(stage.users().iter().cycle().skip(1)) {
            for id in stage.ids_of(victim) {
                stage.ask(Ask::honest(call, user).naming(victim, &id)).await?;
            }
        }
    }
    Ok(())
}
