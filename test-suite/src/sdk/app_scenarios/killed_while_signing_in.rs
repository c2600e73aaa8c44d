//! The app dies while its user is being created, and is started again.

use standin_contracts::protocol::{CommandName, OrderName};

use crate::adapter::Order;
use crate::driver::Halt;
use crate::sdk::World;
use crate::sdk::scenarios::{Need, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "app-killed-while-signing-in",
    summary: "the app dies while its user is being created, and is started again",
    needs: &[Need::Order(OrderName::LogIn)],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    let phone = world.phone().await?;
    phone.launch().await?;
    phone.open().await?;
    phone.answer(true).await?;
    let order = phone.logging_in("alice")?;
    phone.run_during(order, CommandName::CreateUser, Order::Kill {}).await?;
    phone.launch().await?;
    phone.open().await
}
