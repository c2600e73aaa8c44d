//! The vendor says when to come back, in seconds and as a date, and in words that are no time.

use standin_contracts::protocol::{CommandName, Millis, SdkCommandName};
use standin_mock_server::fault::{Fault, RetryAfter, Throttle};

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "throttled",
    summary: "the vendor says when to come back, in seconds and as a date, and in words that are no time",
    needs: &[
        Need::SdkCommand(SdkCommandName::Record),
        Need::Command(CommandName::SubmitBatch),
        Need::SdkCommand(SdkCommandName::Advance),
    ],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    let words = ["soon", "-5", "1.5", ""].map(|text| RetryAfter::Text(text.to_owned()));
    let times = [RetryAfter::Seconds(120), RetryAfter::DateAfter(Millis::from_secs(300))];
    for retry_after in times.into_iter().chain(words) {
        let fault = Fault::Throttle(Throttle { retry_after: Some(retry_after) });
        harness.meet(CommandName::SubmitBatch, fault, 1)?;
        phone.record_some(1).await?;
        phone.sync_now().await?;
        harness.pass(Millis::from_secs(3600)).await?;
    }
    Ok(())
}
