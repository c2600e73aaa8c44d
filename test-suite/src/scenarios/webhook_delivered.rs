//! The vendor's messages without faults: a probe and a test post, then batches that mix users and types.

use standin_contracts::history::Credentials;

use super::{Need, Scenario};
use crate::backend_harness::BackendHarness;
use crate::driver::Halt;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "webhook-delivered",
    summary: "the vendor asks for the app's id, sends a test post, and delivers messages of every type about all users",
    needs: &[Need::Webhook],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    harness.all_known().await?;
    if harness.asks_for_app() {
        harness.ask_for_app(Credentials::Valid).await?;
    }
    let (kinds, at) = (harness.kinds(), harness.sandbox().now());
    for user in harness.users() {
        for message in harness.make(user, &kinds[..1], at)? {
            harness.deliver_test(message).await?;
        }
    }
    let mut before = Vec::new();
    for user in harness.users() {
        before.push(harness.look(user).await?);
    }
    // All messages are queued together. A probe takes time, in which the first batch could be delivered.
    for user in harness.users() {
        harness.queue(harness.make(user, &kinds, at)?, None)?;
    }
    harness.deliver_all().await?;
    for (user, before) in harness.users().iter().zip(&before) {
        harness.look_for_change(user, before.as_ref()).await?;
    }
    Ok(())
}
