//! A vendor that takes a call and never answers: only the backend's own timeout helps.

use standin_mock_server::fault::{BlackHole, Fault};

use super::{Need, Scenario};
use crate::driver::{Ask, Halt};
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "vendor-never-answers",
    summary: "the vendor takes the call and never answers, until the backend has lost its patience",
    needs: &[Need::Timeout],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    for (call, user) in stage.calls().into_iter().zip(stage.users().iter().cycle()) {
        stage.ask_in_vain(Fault::BlackHole(BlackHole {}), Ask::honest(call, user)).await?;
    }
    Ok(())
}
