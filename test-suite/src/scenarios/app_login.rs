//! Logins that are none: the backend must not obtain anything for them, though it does for their users.

use standin_contracts::history::Login;

use super::Scenario;
use crate::driver::{Ask, Halt};
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-login",
    summary: "apps without a login, with one garbled at its end, with one of nobody",
    needs: &[],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    for call in stage.calls() {
        for user in stage.users().iter().take(2) {
            stage.ask_and_sign_in(call, user).await?;
            for login in [Login::Absent, Login::Garbled, Login::Unknown] {
                stage.ask(Ask::honest(call, user).showing(login)).await?;
            }
        }
    }
    Ok(())
}
