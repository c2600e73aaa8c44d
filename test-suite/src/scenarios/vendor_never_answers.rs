//! A vendor that accepts a call and never answers: only the backend's own timeout ends the call.

use standin_mock_server::fault::{BlackHole, Fault};

use super::{Need, Scenario};
use crate::backend_harness::BackendHarness;
use crate::driver::{Ask, Halt};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "vendor-never-answers",
    summary: "the vendor accepts the call and never answers, until the backend has timed out",
    needs: &[Need::Timeout],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    for (call, user) in harness.calls().into_iter().zip(harness.users().iter().cycle()) {
        harness.ask_in_vain(Fault::BlackHole(BlackHole {}), Ask::valid(call, user)).await?;
    }
    Ok(())
}
