//! A vendor that says no in every way.

use standin_mock_server::fault::{Fault, FaultSpec, Status, Throttle};

use super::Scenario;
use crate::driver::{Ask, Halt};
use crate::stage::{EVERY_CALL, Stage};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "vendor-refuses",
    summary: "the vendor answers 401, 403, 429 and 500",
    needs: &[],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    let status = |status| Fault::Status(Status::plain(status));
    let throttle = Fault::Throttle(Throttle { retry_after: None });
    for fault in [status(401), status(403), throttle, status(500)] {
        for (call, user) in stage.calls().into_iter().zip(stage.users().iter().cycle()) {
            stage.place(FaultSpec::new(fault.clone()).when(EVERY_CALL))?;
            stage.ask_beyond_stock(Ask::honest(call, user)).await?;
            stage.sandbox().clear_faults();
        }
    }
    Ok(())
}
