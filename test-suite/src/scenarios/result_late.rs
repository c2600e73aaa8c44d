//! A result that takes some time: a backend that polls must keep pauses between two polls.

use standin_contracts::protocol::CommandName;
use standin_mock_server::fault::{Fault, FaultSpec, Pending, When};

use super::{Need, Scenario};
use crate::backend_harness::BackendHarness;
use crate::driver::{Ask, Halt};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "result-late",
    summary: "a result is in progress three times, and then finished",
    needs: &[Need::Call("read_back"), Need::Slow],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    if !harness.contract().has(CommandName::ReadBack) {
        return Ok(());
    }
    for (call, user) in harness.calls().into_iter().filter(|call| *call == "read_back").zip(harness.users()) {
        harness.place(FaultSpec::new(Fault::Pending(Pending {})).on(call).when(When::Next(3)))?;
        harness.ask(Ask::valid(call, user)).await?;
        harness.sandbox().clear_faults();
    }
    Ok(())
}
