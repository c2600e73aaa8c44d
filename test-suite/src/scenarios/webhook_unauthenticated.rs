//! Unauthenticated requests to the receiver: their messages must have no effect.

use super::{Need, Scenario};
use crate::backend_harness::BackendHarness;
use crate::driver::Halt;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "webhook-unauthenticated",
    summary: "messages come, and the app's id is asked for, with wrong, absent and garbled credentials",
    needs: &[Need::Webhook],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    harness.all_known().await?;
    let at = harness.sandbox().now();
    for user in harness.users() {
        harness.look(user).await?;
        for shown in harness.unauthenticated() {
            for message in harness.make(user, &harness.kinds()[..1], at)? {
                harness.deliver(&message, *shown).await?;
            }
        }
        harness.pause().await;
        harness.look(user).await?;
    }
    if harness.asks_for_app() {
        for shown in harness.unauthenticated() {
            harness.ask_for_app(*shown).await?;
        }
    }
    Ok(())
}
