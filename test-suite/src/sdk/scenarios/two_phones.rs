//! A user signs in on a second phone, and the first goes on.

use standin_contracts::protocol::Millis;

use super::Scenario;
use crate::adapter::Storage;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "two-phones",
    summary: "a user signs in on a second phone, and the first goes on",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let first = harness.phone().await?;
    first.begin("alice").await?;
    let second = harness.install("second-phone", "phone", Storage::New).await?;
    second.begin("alice").await?;
    for _ in 0..2 {
        for phone in [&first, &second] {
            phone.record_some(2).await?;
            phone.sync_now().await?;
        }
        harness.pass_if_able(Millis::from_secs(3600)).await?;
    }
    Ok(())
}
