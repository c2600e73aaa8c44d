//! The vendor redirects to another origin, in each way that HTTP has.

use standin_contracts::protocol::CommandName;
use standin_mock_server::fault::{Fault, Redirect};

use super::Scenario;
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "led-to-other-origin",
    summary: "the vendor redirects to another origin, in each way that HTTP has",
    needs: &[],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.launch().await?;
    phone.allow_all().await?;
    for status in [301, 302, 303, 307, 308] {
        world.meet(CommandName::CreateUser, redirect(world, status), 1)?;
        phone.create_user("alice").await?;
        world.sandbox().clear_faults();
    }
    phone.create_user("alice").await?;
    phone.start_sync().await?;
    world.meet(CommandName::SubmitBatch, redirect(world, 307), 1)?;
    phone.record_some(1).await?;
    phone.sync_now().await
}

fn redirect(world: &World, status: u16) -> Fault {
    Fault::Redirect(Redirect { status, to: format!("{}/", world.origins().other_origin) })
}
