//! A server in the vendor's place shows invalid certificates, and then the vendor shows its own.

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "bad-certificates",
    summary: "who stands in the vendor's place shows certificates that are no good, and then the vendor shows its own",
    needs: &[Need::Capability("ca")],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    for (number, origin) in harness.origins().bad.iter().enumerate() {
        let phone = harness.phone_behind(origin, &format!("phone-at-{number}")).await?;
        phone.begin("alice").await?;
    }
    if let Some(origin) = &harness.origins().good {
        let phone = harness.phone_behind(origin, "phone").await?;
        phone.begin("alice").await?;
        phone.record_some(1).await?;
        phone.sync_now().await?;
    }
    Ok(())
}
