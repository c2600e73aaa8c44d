//! The user signs out while what was recorded is on its way.

use standin_contracts::protocol::{CommandName, Millis, OrderName};
use standin_mock_server::fault::{Fault, Latency};

use super::{Need, Scenario};
use crate::adapter::Order;
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "sign-out-during-sync",
    summary: "the user signs out while what was recorded is on its way",
    needs: &[
        Need::Order(OrderName::Reset),
        Need::Order(OrderName::Record),
        Need::Command(CommandName::SubmitBatch),
        Need::Order(OrderName::Advance),
        Need::Order(OrderName::SyncNow),
    ],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(2).await?;
    world.meet(CommandName::SubmitBatch, Fault::Latency(Latency { span: Millis::from_secs(20) }), 1)?;
    phone.run_during(Order::SyncNow {}, CommandName::SubmitBatch, Order::Reset {}).await?;
    phone.begin_signed_out("bob").await?;
    phone.record_some(1).await?;
    phone.sync_now().await
}
