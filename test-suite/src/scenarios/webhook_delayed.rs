//! A bad connection: messages that never arrive, arrive late, twice, or in reverse order.

use standin_contracts::protocol::Millis;
use standin_mock_server::DeliveryFault;

use super::{Need, Scenario};
use crate::backend_harness::BackendHarness;
use crate::driver::Halt;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "webhook-delayed",
    summary: "some messages are dropped, some come a minute late, some twice, and some in reverse order",
    needs: &[Need::Webhook],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    harness.all_known().await?;
    let (kinds, at) = (harness.kinds(), harness.sandbox().now());
    let mut before = Vec::new();
    for user in harness.users() {
        before.push(harness.look(user).await?);
    }
    // Duplicates are delivered apart from the rest. Otherwise their order would depend on how fast the others are
    // answered.
    let late = DeliveryFault::Delayed { by: Millis::from_secs(60) };
    for delivery_faults in
        [&[DeliveryFault::Dropped {}, late, DeliveryFault::Reordered {}][..], &[DeliveryFault::Duplicated { times: 2 }]]
    {
        for delivery_fault in delivery_faults {
            let mut messages = Vec::new();
            for user in harness.users() {
                messages.extend(harness.make(user, &kinds, at)?);
            }
            harness.queue(messages, Some(*delivery_fault))?;
        }
        harness.deliver_all().await?;
    }
    for (user, before) in harness.users().iter().zip(&before) {
        harness.look_for_change(user, before.as_ref()).await?;
    }
    Ok(())
}
