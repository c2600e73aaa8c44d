//! A backup of a phone is put on another one, and both go on.

use super::{Need, Scenario};
use crate::adapter::Storage;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "cloned",
    summary: "a backup of a phone is put on another one, and both go on",
    needs: &[Need::Capability("storage:clone")],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(1).await?;
    phone.sync_now().await?;
    let copy = harness.install("copy", "phone", Storage::Clone { of: phone.label().to_owned() }).await?;
    copy.launch().await?;
    copy.allow_all().await?;
    for phone in [&phone, &copy] {
        phone.start_sync().await?;
        phone.record_some(1).await?;
        phone.sync_now().await?;
    }
    copy.create_user("alice").await?;
    copy.start_sync().await?;
    copy.record_some(1).await?;
    copy.sync_now().await
}
