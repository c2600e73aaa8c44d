//! An SDK on its stage: the vendor's mock on one side, and on the other installs that are driven through an adapter.
//!
//! The harness is the app, its user and the client backend.

mod handset;
mod journeys;
mod origins;
mod run;
mod world;

pub use handset::Handset;
pub use journeys::{JOURNEYS, Journey, Need, check_journey};
pub use origins::Origins;
pub use run::{Sdk, SdkPlan};
pub use world::{World, WorldSetup};
