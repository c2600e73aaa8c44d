//! A vendor that sends its clients elsewhere.

use standin_mock_server::fault::{Fault, FaultSpec, Redirect};

use super::Scenario;
use crate::driver::{Ask, Halt};
use crate::stage::{EVERY_CALL, Stage};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "redirected",
    summary: "the vendor redirects to another origin, in each way that HTTP has",
    needs: &[],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    for status in [301, 302, 303, 307, 308] {
        for (call, user) in stage.calls().into_iter().zip(stage.users().iter().cycle()) {
            let redirect = Fault::Redirect(Redirect { status, to: format!("{}/", stage.other_origin()) });
            stage.place(FaultSpec::new(redirect).when(EVERY_CALL))?;
            stage.ask_beyond_stock(Ask::honest(call, user)).await?;
            stage.sandbox().clear_faults();
        }
    }
    Ok(())
}
