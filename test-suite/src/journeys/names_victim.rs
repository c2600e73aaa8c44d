//! An app that names somebody else: its login decides, not what it says.

use super::Journey;
use crate::driver::{Ask, Halt, UserTable};
use crate::stage::Stage;

pub(super) const JOURNEY: Journey = Journey {
    name: "names-victim",
    summary: "an app with its own login names another user's id",
    needs: &[],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    for call in stage.calls() {
        for user in stage.users() {
            stage.ask_and_sign_in(call, user).await?;
        }
        stage.pause().await;
        for (user, victim) in stage.users().iter().zip(stage.users().iter().cycle().skip(1)) {
            for id in ids(stage, victim) {
                stage.ask(Ask::honest(call, user).naming(victim, &id)).await?;
            }
        }
    }
    Ok(())
}

/// The ids by which an app might name a user. Where the file doesn't tell, it may be what the vendor knows or what the
/// backend's own people say, and a backend that knows no such user would seem to have seen through the app.
fn ids(stage: &Stage, victim: &UserTable) -> Vec<String> {
    match &victim.id {
        Some(id) => vec![id.clone()],
        None => {
            let other = stage.external_id(victim).filter(|id| *id != victim.name);
            other.into_iter().chain([victim.name.clone()]).collect()
        }
    }
}
