//! A vendor that never answers: the app must get an answer all the same.

use standin_mock_server::fault::{BlackHole, Fault, FaultSpec};

use super::Scenario;
use crate::driver::{Ask, Halt};
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "vendor-silent",
    summary: "the vendor takes the call and says nothing, then the line breaks",
    needs: &[],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    for call in stage.calls() {
        for user in stage.users().iter().take(2) {
            let silence = FaultSpec::new(Fault::BlackHole(BlackHole {}));
            stage.ask_while(silence, Ask::honest(call, user), async { Ok(()) }).await?;
        }
    }
    Ok(())
}
