//! The vendor has an outage for twenty phones at once, and then recovers.

use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};
use standin_mock_server::fault::{Fault, Status};

use super::{Need, Scenario};
use crate::adapter::Storage;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

/// The number of phones in the fleet.
const PHONES: usize = 20;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "fleet",
    summary: "the vendor fails for twenty phones at once, and then is well again",
    needs: &[
        Need::SdkCommand(SdkCommandName::Record),
        Need::SdkCommand(SdkCommandName::Advance),
        Need::Command(CommandName::SubmitBatch),
        Need::Users(PHONES),
    ],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let mut phones = Vec::new();
    for number in 0..PHONES {
        let phone = harness.install(&format!("phone{number}"), "phone", Storage::New).await?;
        phone.begin(&format!("user{number}")).await?;
        phones.push(phone);
    }
    // Each phone has failures of its own: which of them tries again first is chance.
    let many = harness.categories().len() as u64;
    for phone in &phones {
        harness.meet_at(phone, CommandName::SubmitBatch, Fault::Status(Status::plain(503)), many)?;
    }
    for phone in &phones {
        phone.record_some(1).await?;
        phone.sync_now().await?;
    }
    harness.pass(Millis::from_secs(3600)).await
}
