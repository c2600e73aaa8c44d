//! The user wants to be forgotten, and later comes back.

use standin_contracts::protocol::OrderName;

use super::{Need, Scenario};
use crate::adapter::Order;
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "forget",
    summary: "the user wants to be forgotten, and later comes back",
    needs: &[Need::Order(OrderName::Forget)],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.begin("alice").await?;
    phone.record_some(2).await?;
    phone.run(Order::Forget {}).await?;
    phone.record_some(1).await?;
    phone.begin_signed_out("alice").await?;
    phone.record_some(1).await?;
    phone.sync_now().await
}
