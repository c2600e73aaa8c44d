//! A crash right after a message was acknowledged. The message must be there afterwards, and be recognised when it is
//! delivered again.

use standin_contracts::history::Credentials;

use super::{Need, Scenario};
use crate::backend_harness::BackendHarness;
use crate::driver::Halt;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "webhook-restart",
    summary: "the backend is killed right after it accepted a message, and restarted; earlier messages come again",
    needs: &[Need::Webhook, Need::Restart],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    harness.all_known().await?;
    let Some((last, others)) = harness.users().split_last() else { return Ok(()) };
    let (kinds, at) = (harness.kinds(), harness.sandbox().now());
    let mut calm = Vec::new();
    for user in others {
        let before = harness.look(user).await?;
        let messages = harness.make(user, &kinds[..1], at)?;
        for message in &messages {
            harness.deliver_until_taken(message).await?;
        }
        harness.pause().await;
        calm.push((user, messages, harness.look_for_change(user, before.as_ref()).await?));
    }
    let before = harness.look(last).await?;
    for message in harness.make(last, &kinds[..1], at)? {
        harness.deliver_until_taken(&message).await?;
    }
    harness.restart().await?;
    harness.look_for_change(last, before.as_ref()).await?;
    for (user, messages, shown) in calm {
        // A message that was lost would rightly have an effect when it is delivered again.
        if harness.look(user).await? == shown {
            for message in &messages {
                harness.deliver(message, Credentials::Valid).await?;
            }
            harness.pause().await;
            harness.look(user).await?;
        }
    }
    Ok(())
}
