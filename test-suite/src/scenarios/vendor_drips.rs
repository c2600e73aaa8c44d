//! A vendor whose answer comes one byte at a time. A timeout that restarts with each byte never ends.

use standin_mock_server::fault::{Drip, Fault};

use super::{Need, Scenario};
use crate::backend_harness::BackendHarness;
use crate::driver::{Ask, Halt};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "vendor-drips",
    summary: "the vendor answers a byte a second, until the backend has timed out",
    needs: &[Need::Timeout],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    for (call, user) in harness.calls().into_iter().zip(harness.users().iter().cycle()) {
        harness.ask_in_vain(Fault::Drip(Drip::default()), Ask::valid(call, user)).await?;
    }
    Ok(())
}
