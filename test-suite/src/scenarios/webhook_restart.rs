//! A crash the moment a message was acknowledged: it must be there afterwards, and be known when it comes again.

use standin_contracts::history::Credentials;

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "webhook-restart",
    summary: "the backend is killed the moment it took a message, and started again; what it had taken before comes again",
    needs: &[Need::Webhook, Need::Restart],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    stage.all_known().await?;
    let Some((last, others)) = stage.users().split_last() else { return Ok(()) };
    let (kinds, at) = (stage.kinds(), stage.sandbox().now());
    let mut calm = Vec::new();
    for user in others {
        let before = stage.look(user).await?;
        let messages = stage.make(user, &kinds[..1], at)?;
        for message in &messages {
            stage.bring_until_taken(message).await?;
        }
        stage.pause().await;
        calm.push((user, messages, stage.look_for_change(user, before.as_ref()).await?));
    }
    let before = stage.look(last).await?;
    for message in stage.make(last, &kinds[..1], at)? {
        stage.bring_until_taken(&message).await?;
    }
    stage.restart().await?;
    stage.look_for_change(last, before.as_ref()).await?;
    for (user, messages, shown) in calm {
        // What is gone would have an effect once more, rightly.
        if stage.look(user).await? == shown {
            for message in &messages {
                stage.bring(message, Credentials::Valid).await?;
            }
            stage.pause().await;
            stage.look(user).await?;
        }
    }
    Ok(())
}
