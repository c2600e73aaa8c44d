//! A result that never comes: a backend that polls must give up.

use standin_contracts::protocol::CommandName;
use standin_mock_server::fault::{Fault, FaultSpec, Pending};

use super::{Need, Scenario};
use crate::backend_harness::{BackendHarness, EVERY_CALL};
use crate::driver::{Ask, Halt};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "result-never",
    summary: "a result stays in progress for longer than a backend may poll for it",
    needs: &[Need::Call("read_back"), Need::Slow],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    if !harness.contract().has(CommandName::ReadBack) {
        return Ok(());
    }
    for (call, user) in harness.calls().into_iter().filter(|call| *call == "read_back").zip(harness.users()) {
        harness.place(FaultSpec::new(Fault::Pending(Pending {})).on(call).when(EVERY_CALL))?;
        harness.ask(Ask::valid(call, user)).await?;
        harness.sandbox().clear_faults();
    }
    Ok(())
}
