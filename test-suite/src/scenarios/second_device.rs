//! A second phone, and the first one after a reinstall: the vendor's user must stay the same.

use super::Scenario;
use crate::backend_harness::BackendHarness;
use crate::driver::Halt;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "second-device",
    summary: "each user signs in on a second device, then on the first after a reinstall",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    for call in harness.calls() {
        for user in harness.users() {
            harness.ask_and_sign_in(call, user).await?;
            harness.ask_and_sign_in_on("second-", call, user).await?;
            harness.ask_and_sign_in_on("reinstalled-", call, user).await?;
        }
    }
    Ok(())
}
