//! A result that never comes: whoever polls must give up.

use standin_contracts::protocol::CommandName;
use standin_mock_server::fault::{Fault, FaultSpec, Pending};

use super::{Need, Scenario};
use crate::driver::{Ask, Halt};
use crate::stage::{EVERY_CALL, Stage};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "result-never",
    summary: "a result stays in progress for longer than anybody may ask for it",
    needs: &[Need::Call("read_back"), Need::Slow],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    if !stage.contract().has(CommandName::ReadBack) {
        return Ok(());
    }
    for (call, user) in stage.calls().into_iter().filter(|call| *call == "read_back").zip(stage.users()) {
        stage.place(FaultSpec::new(Fault::Pending(Pending {})).on(call).when(EVERY_CALL))?;
        stage.ask(Ask::honest(call, user)).await?;
        stage.sandbox().clear_faults();
    }
    Ok(())
}
