//! The vendor accepts a call and never answers, and then answers one byte at a time.

use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};
use standin_mock_server::fault::{BlackHole, Drip, Fault};

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "vendor-hangs",
    summary: "the vendor takes a call and never answers, and then answers a byte now and then",
    needs: &[Need::SdkCommand(SdkCommandName::Advance)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.launch().await?;
    phone.allow_all().await?;
    let faults = [Fault::BlackHole(BlackHole {}), Fault::Drip(Drip::default())];
    for fault in &faults {
        harness.meet(CommandName::CreateUser, fault.clone(), 1)?;
        phone.create_user("alice").await?;
    }
    phone.create_user("alice").await?;
    phone.start_sync().await?;
    for fault in faults {
        harness.meet(CommandName::SubmitBatch, fault, 1)?;
        phone.record_some(1).await?;
        phone.sync_now().await?;
        harness.pass(Millis::from_secs(3600)).await?;
    }
    Ok(())
}
