//! An impersonation attempt: the app's login decides who the user is, not the id in the request.

use super::Scenario;
use crate::backend_harness::BackendHarness;
use standin_contracts::history::NamedIn;

use crate::driver::{Ask, Halt, Impersonation, NAMES, UserTable};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "names-victim",
    summary: "an app with its own login sends another user's id, in each place in turn",
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
                for place in NamedIn::ALL {
                    name(harness, call, user, Impersonation { victim, id: &id, place, name: None }).await?;
                }
            }
        }
    }
    Ok(())
}

/// Names the victim under every usual name at once. A backend that refuses members it doesn't know is asked again with
/// one member at a time, since its refusal shows nothing of any of them.
async fn name(
    harness: &BackendHarness,
    call: &str,
    user: &UserTable,
    impersonation: Impersonation<'_>,
) -> Result<(), Halt> {
    let ask = Ask::valid(call, user);
    let answer = harness.ask(ask.impersonating(impersonation)).await?;
    let is_strict = answer.is_some_and(|answer| matches!(answer.response.status, 400 | 415 | 422));
    if is_strict && impersonation.place == NamedIn::Body {
        for name in NAMES {
            harness.ask(ask.impersonating(Impersonation { name: Some(name), ..impersonation })).await?;
        }
    }
    Ok(())
}
