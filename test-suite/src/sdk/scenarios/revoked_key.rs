//! The vendor takes the key inside the app back for a day, while data waits and another phone signs in.

use standin_contracts::protocol::{Millis, SdkCommandName};
use standin_mock_server::KeyState;

use super::{Need, Scenario};
use crate::adapter::Storage;
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "revoked-key",
    summary: "the vendor takes the key inside the app back for a day, while data waits and another phone signs in",
    needs: &[Need::ClientKey, Need::SdkCommand(SdkCommandName::Record), Need::SdkCommand(SdkCommandName::Advance)],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(1).await?;
    world.set_client_key(KeyState::Revoked)?;
    phone.sync_now().await?;
    let other = world.install("other-phone", "phone", Storage::New).await?;
    other.begin("bob").await?;
    world.pass(Millis::from_secs(86_400)).await?;
    world.set_client_key(KeyState::Valid)?;
    other.begin_signed_out("bob").await?;
    phone.record_some(1).await?;
    phone.sync_now().await
}
