//! Strangers at the receiver: what they bring must come to nothing.

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "webhook-unauthenticated",
    summary: "messages about everybody come, and the app's id is asked for, with another password, without credentials and \
              with another user name",
    needs: &[Need::Webhook],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    stage.all_known().await?;
    let at = stage.sandbox().now();
    for user in stage.users() {
        stage.look(user).await?;
        for shown in stage.strangers() {
            for message in stage.make(user, &stage.kinds()[..1], at)? {
                stage.bring(&message, *shown).await?;
            }
        }
        stage.pause().await;
        stage.look(user).await?;
    }
    if stage.asks_for_app() {
        for shown in stage.strangers() {
            stage.ask_for_app(*shown).await?;
        }
    }
    Ok(())
}
