//! Submissions are answered with every status that asks for a decision.

use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};
use standin_mock_server::fault::{Fault, Status};

use super::{Need, Scenario};
use crate::adapter::Storage;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

/// First the statuses that must not be retried, then those that must.
const STATUSES: &[u16] = &[400, 403, 404, 409, 422, 413, 408, 425, 429, 500, 502, 503, 504];

pub(super) const SCENARIO: Scenario = Scenario {
    name: "statuses",
    summary: "what is submitted is met with every status that asks for a decision",
    needs: &[
        Need::SdkCommand(SdkCommandName::Record),
        Need::Command(CommandName::SubmitBatch),
        Need::SdkCommand(SdkCommandName::Advance),
    ],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    for status in STATUSES {
        // One phone per status: the reaction to one must not keep the SDK from meeting the next.
        let phone = harness.install(&format!("phone{status}"), "phone", Storage::New).await?;
        phone.begin(&format!("status{status}")).await?;
        harness.meet(CommandName::SubmitBatch, Fault::Status(Status::plain(*status)), 1)?;
        phone.record_some(2).await?;
        phone.sync_now().await?;
        harness.pass(Millis::from_secs(3600)).await?;
    }
    Ok(())
}
