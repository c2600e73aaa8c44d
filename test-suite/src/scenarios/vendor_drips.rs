//! A vendor whose answer comes a byte now and then: a timeout that starts anew with each is none.

use standin_mock_server::fault::{Drip, Fault};

use super::{Need, Scenario};
use crate::driver::{Ask, Halt};
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "vendor-drips",
    summary: "the vendor answers a byte a second, until the backend has lost its patience",
    needs: &[Need::Timeout],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    for (call, user) in stage.calls().into_iter().zip(stage.users().iter().cycle()) {
        stage.ask_in_vain(Fault::Drip(Drip::default()), Ask::honest(call, user)).await?;
    }
    Ok(())
}
