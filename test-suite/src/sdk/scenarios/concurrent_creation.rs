//! Five parts of the app ask for the same user at once.

use standin_contracts::protocol::{CommandName, Millis};
use standin_mock_server::fault::{Fault, Latency};

use super::Scenario;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

/// So many commands have 120 orders in which an SDK may carry them out; the rules try all.
const CALLS: usize = 5;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "concurrent-creation",
    summary: "five parts of the app ask for the same user at once",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.launch().await?;
    phone.allow_all().await?;
    // The first is under way until all have asked.
    harness.meet(CommandName::CreateUser, Fault::Latency(Latency { span: Millis::from_secs(5) }), 1)?;
    let mut commands = Vec::new();
    for _ in 0..CALLS {
        commands.push(phone.creation("alice", harness.credential("alice").await?));
    }
    phone.run_at_once(Some("alice"), commands).await?;
    phone.start_sync().await?;
    phone.record_some(1).await?;
    phone.sync_now().await
}
