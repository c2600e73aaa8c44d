//! The vendor revokes the key inside the app for a day, while data waits and another phone signs in.

use standin_contracts::protocol::{Millis, SdkCommandName};
use standin_mock_server::KeyState;

use super::{Need, Scenario};
use crate::adapter::Storage;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "revoked-key",
    summary: "the vendor takes the key inside the app back for a day, while data waits and another phone signs in",
    needs: &[Need::ClientKey, Need::SdkCommand(SdkCommandName::Record), Need::SdkCommand(SdkCommandName::Advance)],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(1).await?;
    harness.set_client_key(KeyState::Revoked)?;
    phone.sync_now().await?;
    let other = harness.install("other-phone", "phone", Storage::New).await?;
    other.begin("bob").await?;
    harness.pass(Millis::from_secs(86_400)).await?;
    harness.set_client_key(KeyState::Valid)?;
    other.begin_signed_out("bob").await?;
    phone.record_some(1).await?;
    phone.sync_now().await
}
