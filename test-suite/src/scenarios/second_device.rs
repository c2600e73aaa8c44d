//! Another phone, and the same one after a reinstall: whoever comes back is the same user.

use super::Scenario;
use crate::driver::Halt;
use crate::stage::Stage;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "second-device",
    summary: "each user signs in on a second device, then on the first after a reinstall",
    needs: &[],
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &Stage) -> Result<(), Halt> {
    for call in stage.calls() {
        for user in stage.users() {
            stage.ask_and_sign_in(call, user).await?;
            stage.ask_and_sign_in_on("second-", call, user).await?;
            stage.ask_and_sign_in_on("reinstalled-", call, user).await?;
        }
    }
    Ok(())
}
