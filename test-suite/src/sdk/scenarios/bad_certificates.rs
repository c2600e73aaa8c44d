//! Who stands in the vendor's place shows certificates that are no good, and then the vendor shows its own.

use super::{Need, Scenario};
use crate::driver::Halt;
use crate::sdk::World;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "bad-certificates",
    summary: "who stands in the vendor's place shows certificates that are no good, and then the vendor shows its own",
    needs: &[Need::Capability("ca")],
    play: |world| Box::pin(play(world)),
};

async fn play(world: &World) -> Result<(), Halt> {
    for (number, origin) in world.origins().bad.iter().enumerate() {
        let phone = world.phone_behind(origin, &format!("phone-at-{number}")).await?;
        phone.begin("alice").await?;
    }
    if let Some(origin) = &world.origins().good {
        let phone = world.phone_behind(origin, "phone").await?;
        phone.begin("alice").await?;
        phone.record_some(1).await?;
        phone.sync_now().await?;
    }
    Ok(())
}
