//! A vendor that does not answer: the app must get an answer nevertheless.

use standin_mock_server::fault::{BlackHole, Fault, FaultSpec};

use super::Scenario;
use crate::backend_harness::BackendHarness;
use crate::driver::{Ask, Halt};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "vendor-silent",
    summary: "the vendor accepts the call and sends nothing, then the connection breaks",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    for call in harness.calls() {
        for user in harness.users().iter().take(2) {
            let silence = FaultSpec::new(Fault::BlackHole(BlackHole {}));
            harness.ask_while(silence, Ask::valid(call, user), async { Ok(()) }).await?;
        }
    }
    Ok(())
}
