//! Concurrency: what one request gets, no other may get.

use futures::future::try_join_all;

use super::Scenario;
use crate::driver::{Ask, Halt};
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "concurrent",
    summary: "ten requests at once, of several users",
    needs: &[],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    for call in stage.calls() {
        let asks = stage.users().iter().cycle().take(10).map(|user| stage.ask(Ask::honest(call, user)));
        try_join_all(asks).await?;
    }
    Ok(())
}
