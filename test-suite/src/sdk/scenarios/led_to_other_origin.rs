//! The vendor redirects to another origin, in each way that HTTP has.

use standin_contracts::protocol::CommandName;
use standin_mock_server::fault::{Fault, Redirect};

use super::Scenario;
use crate::driver::Halt;
use crate::sdk::SdkHarness;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "led-to-other-origin",
    summary: "the vendor redirects to another origin, in each way that HTTP has",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &SdkHarness) -> Result<(), Halt> {
    let phone = harness.phone().await?;
    phone.launch().await?;
    phone.allow_all().await?;
    for status in [301, 302, 303, 307, 308] {
        harness.meet(CommandName::CreateUser, redirect(harness, status), 1)?;
        phone.create_user("alice").await?;
        harness.sandbox().clear_faults();
    }
    phone.create_user("alice").await?;
    phone.start_sync().await?;
    harness.meet(CommandName::SubmitBatch, redirect(harness, 307), 1)?;
    phone.record_some(1).await?;
    phone.sync_now().await
}

fn redirect(harness: &SdkHarness, status: u16) -> Fault {
    Fault::Redirect(Redirect { status, to: format!("{}/", harness.origins().other_origin) })
}
