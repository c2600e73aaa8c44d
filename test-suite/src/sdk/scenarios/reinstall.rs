//! The app is removed and installed again, and the same user signs in.

use super::Scenario;
use crate::adapter::Storage;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "reinstall",
    summary: "the app is removed and installed again, and the same user signs in",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.kill().await?;
    let again = harness.install("phone-again", "phone", Storage::New).await?;
    again.begin("alice").await
}
