//! A vendor that refuses with every kind of status.

use standin_mock_server::fault::{Fault, FaultSpec, Status, Throttle};

use super::Scenario;
use crate::backend_harness::{BackendHarness, EVERY_CALL};
use crate::driver::{Ask, Halt};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "vendor-refuses",
    summary: "the vendor answers 401, 403, 429 and 500",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    let status = |status| Fault::Status(Status::plain(status));
    let throttle = Fault::Throttle(Throttle { retry_after: None });
    for fault in [status(401), status(403), throttle, status(500)] {
        for (call, user) in harness.calls().into_iter().zip(harness.users().iter().cycle()) {
            harness.place(FaultSpec::new(fault.clone()).when(EVERY_CALL))?;
            harness.ask_beyond_stock(Ask::valid(call, user)).await?;
            harness.sandbox().clear_faults();
        }
    }
    Ok(())
}
