//! The same messages in a different order for each user: the effect must be the same.

use super::{Need, Scenario};
use crate::backend_harness::BackendHarness;
use crate::driver::Halt;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "webhook-shuffled",
    summary: "messages of all types come one by one: in order to the first user, in other orders to the others",
    needs: &[Need::Webhook],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    harness.all_known().await?;
    let at = harness.sandbox().now();
    for (index, user) in harness.users().iter().enumerate() {
        let mut messages = harness.make(user, &harness.kinds(), at)?;
        let turned = messages.len().saturating_sub(1).min(index.saturating_sub(1));
        if index > 0 {
            messages.reverse();
            messages.rotate_left(turned);
        }
        let before = harness.look(user).await?;
        for message in &messages {
            harness.deliver_until_taken(message).await?;
        }
        harness.pause().await;
        harness.look_for_change(user, before.as_ref()).await?;
    }
    Ok(())
}
