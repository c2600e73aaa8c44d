//! An impersonation attempt: the app's login decides who the user is, not the id in the request.

use super::Scenario;
use crate::backend_harness::BackendHarness;
use crate::driver::{Ask, Halt};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "names-victim",
    summary: "an app with its own login sends another user's id",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    for call in harness.calls() {
        for user in harness.users() {
            harness.ask_and_sign_in(call, user).await?;
        }
        harness.pause().await;
        for (user, victim) in harness.users().iter().zip(harness.users().iter().cycle().skip(1)) {
            for id in harness.ids_of(victim) {
                harness.ask(Ask::valid(call, user).impersonating(victim, &id)).await?;
            }
        }
    }
    Ok(())
}
