//! The vendor's messages as they come on a good day: after a probe and a test post, in batches over users and types.

use standin_contracts::history::Credentials;

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "webhook-delivered",
    summary: "the vendor asks for the app's id, sends a test post, and brings messages of every type about everybody",
    needs: &[Need::Webhook],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    stage.all_known().await?;
    if stage.asks_for_app() {
        stage.ask_for_app(Credentials::Valid).await?;
    }
    let (kinds, at) = (stage.kinds(), stage.sandbox().now());
    for user in stage.users() {
        for message in stage.make(user, &kinds[..1], at)? {
            stage.bring_test(message).await?;
        }
    }
    let mut before = Vec::new();
    for user in stage.users() {
        before.push(stage.look(user).await?);
    }
    // All at once: looking takes time, in which the first batch could have left.
    for user in stage.users() {
        stage.queue(stage.make(user, &kinds, at)?, None)?;
    }
    stage.deliver_all().await?;
    for (user, before) in stage.users().iter().zip(&before) {
        stage.look_for_change(user, before.as_ref()).await?;
    }
    Ok(())
}
