//! The same messages in another order for each user: all must end alike.

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "webhook-shuffled",
    summary: "messages of all types come one by one: in order to the first user, in other orders to the others",
    needs: &[Need::Webhook],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    stage.all_known().await?;
    let at = stage.sandbox().now();
    for (index, user) in stage.users().iter().enumerate() {
        let mut messages = stage.make(user, &stage.kinds(), at)?;
        let turned = messages.len().saturating_sub(1).min(index.saturating_sub(1));
        if index > 0 {
            messages.reverse();
            messages.rotate_left(turned);
        }
        let before = stage.look(user).await?;
        for message in &messages {
            stage.bring_until_taken(message).await?;
        }
        stage.pause().await;
        stage.look_for_change(user, before.as_ref()).await?;
    }
    Ok(())
}
