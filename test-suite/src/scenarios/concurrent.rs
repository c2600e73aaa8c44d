//! Concurrent requests: no request may get the credential of another.

use futures::future::try_join_all;

use super::Scenario;
use crate::backend_harness::BackendHarness;
use crate::driver::{Ask, Halt};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "concurrent",
    summary: "ten requests at once, of several users",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    for call in harness.calls() {
        let asks = harness.users().iter().cycle().take(10).map(|user| harness.ask(Ask::valid(call, user)));
        try_join_all(asks).await?;
    }
    Ok(())
}
