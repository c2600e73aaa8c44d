//! A result that takes a while: whoever polls asks for it now and then.

use standin_contracts::protocol::CommandName;
use standin_mock_server::fault::{Fault, FaultSpec, Pending, When};

use super::{Need, Scenario};
use crate::driver::{Ask, Halt};
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "result-late",
    summary: "a result is in progress three times, and then is there",
    needs: &[Need::Call("read_back"), Need::Slow],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    if !stage.contract().has(CommandName::ReadBack) {
        return Ok(());
    }
    for (call, user) in stage.calls().into_iter().filter(|call| *call == "read_back").zip(stage.users()) {
        stage.place(FaultSpec::new(Fault::Pending(Pending {})).on(call).when(When::Next(3)))?;
        stage.ask(Ask::honest(call, user)).await?;
        stage.sandbox().clear_faults();
    }
    Ok(())
}
