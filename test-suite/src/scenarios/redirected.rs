//! A vendor that redirects its clients to another origin.

use standin_mock_server::fault::{Fault, FaultSpec, Redirect};

use super::Scenario;
use crate::backend_harness::{BackendHarness, EVERY_CALL};
use crate::driver::{Ask, Halt};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "redirected",
    summary: "the vendor redirects to another origin, with each redirect status of HTTP",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    for status in [301, 302, 303, 307, 308] {
        for (call, user) in harness.calls().into_iter().zip(harness.users().iter().cycle()) {
            let redirect = Fault::Redirect(Redirect { status, to: format!("{}/", harness.other_origin()) });
            harness.place(FaultSpec::new(redirect).when(EVERY_CALL))?;
            harness.ask_beyond_stock(Ask::valid(call, user)).await?;
            harness.sandbox().clear_faults();
        }
    }
    Ok(())
}
