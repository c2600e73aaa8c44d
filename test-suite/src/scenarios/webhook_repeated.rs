//! Repeated messages: many copies at once to one user, and one after another to all users.

use futures::future::join_all;
use standin_contracts::history::Credentials;

use super::{Need, Scenario};
use crate::backend_harness::BackendHarness;
use crate::driver::Halt;

/// The number of concurrent copies.
const COPIES: usize = 8;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "webhook-repeated",
    summary: "one message comes eight times at once to the second user; then all users get each message twice more",
    needs: &[Need::Webhook],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    harness.all_known().await?;
    let at = harness.sandbox().now();
    let kinds: Vec<String> = harness.kinds().into_iter().cycle().take(2).collect();
    let mut all = Vec::new();
    for (index, user) in harness.users().iter().enumerate() {
        let messages = harness.make(user, &kinds, at)?;
        let before = harness.look(user).await?;
        for (place, message) in messages.iter().enumerate() {
            if (index, place) == (1, 0) {
                let copies = (0..COPIES).map(|_| harness.deliver(message, Credentials::Valid));
                join_all(copies).await.into_iter().collect::<Result<Vec<_>, Halt>>()?;
            }
            if (index, place) != (1, 0) {
                harness.deliver_until_taken(message).await?;
            }
        }
        harness.pause().await;
        harness.look_for_change(user, before.as_ref()).await?;
        all.push((user, messages));
    }
    for (user, messages) in &all {
        for message in messages.iter().chain(messages) {
            harness.deliver(message, Credentials::Valid).await?;
        }
        harness.pause().await;
        harness.look(user).await?;
    }
    Ok(())
}
