//! Invalid logins: the backend must not obtain anything for them, though it does for their users.

use standin_contracts::history::Login;

use super::Scenario;
use crate::backend_harness::BackendHarness;
use crate::driver::{Ask, Halt};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-login",
    summary: "apps ask without a login, with one malformed at its end, and with an unknown one",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    for call in harness.calls() {
        for user in harness.users().iter().take(2) {
            harness.ask_and_sign_in(call, user).await?;
            for login in [Login::Absent, Login::Malformed, Login::Unknown] {
                harness.ask(Ask::valid(call, user).showing(login)).await?;
            }
        }
    }
    Ok(())
}
