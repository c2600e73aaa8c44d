//! The same message again: many times at once to one user, and one after another to everybody.

use futures::future::join_all;
use standin_contracts::history::Credentials;

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::stage::Stage;

/// How many copies come at once.
const COPIES: usize = 8;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "webhook-repeated",
    summary: "one message comes eight times at once to the second user; then everybody is brought everything twice more",
    needs: &[Need::Webhook],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    stage.all_known().await?;
    let at = stage.sandbox().now();
    let kinds: Vec<String> = stage.kinds().into_iter().cycle().take(2).collect();
    let mut all = Vec::new();
    for (index, user) in stage.users().iter().enumerate() {
        let messages = stage.make(user, &kinds, at)?;
        let before = stage.look(user).await?;
        for (place, message) in messages.iter().enumerate() {
            if (index, place) == (1, 0) {
                let copies = (0..COPIES).map(|_| stage.bring(message, Credentials::Valid));
                join_all(copies).await.into_iter().collect::<Result<Vec<_>, Halt>>()?;
            }
            if (index, place) != (1, 0) {
                stage.bring_until_taken(message).await?;
            }
        }
        stage.pause().await;
        stage.look_for_change(user, before.as_ref()).await?;
        all.push((user, messages));
    }
    for (user, messages) in &all {
        for message in messages.iter().chain(messages) {
            stage.bring(message, Credentials::Valid).await?;
        }
        stage.pause().await;
        stage.look(user).await?;
    }
    Ok(())
}
