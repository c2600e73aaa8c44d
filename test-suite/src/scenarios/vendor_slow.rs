//! A slow vendor: one user waits, and the others must get their own answers.

use standin_mock_server::fault::{Fault, FaultSpec, Hold, Moment};

use super::Scenario;
use crate::backend_harness::BackendHarness;
use crate::driver::{Ask, Halt};

/// The time in which a backend must start a second request to show that it serves two at once.
const ONE_AT_A_TIME: std::time::Duration = std::time::Duration::from_secs(1);

pub(super) const SCENARIO: Scenario = Scenario {
    name: "vendor-slow",
    summary: "the vendor answers one user late while another asks",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    let hold = FaultSpec::new(Fault::Hold(Hold { at: Moment::AfterCommit }));
    for call in harness.calls() {
        let [slow, other, ..] = harness.users() else { return Ok(()) };
        let asking = harness.ask(Ask::valid(call, other));
        tokio::pin!(asking);
        // A backend may serve one request at a time. It then starts the other only when the first is done.
        let mut answered = false;
        let meanwhile = async {
            if let Ok(asked) = tokio::time::timeout(ONE_AT_A_TIME, &mut asking).await {
                answered = true;
                asked?;
            }
            Ok(())
        };
        harness.ask_while(hold.clone(), Ask::valid(call, slow), meanwhile).await?;
        if !answered {
            asking.await?;
        }
    }
    Ok(())
}
