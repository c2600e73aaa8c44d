//! An SDK on its stage: the vendor's mock on one side, and on the other installs that are driven through an adapter.
//!
//! The harness is the app, its user and the client backend.

mod app_in_hand;
mod app_journeys;
mod client_backend;
mod client_key;
mod handset;
mod journeys;
pub mod lives;
mod origins;
mod run;
mod seen;
mod world;

pub use app_journeys::APP_JOURNEYS;
pub use handset::Handset;
pub use journeys::{JOURNEYS, Journey, Need, check_journey};
pub use origins::Origins;
pub use run::{Sdk, SdkPlan};
pub use world::{World, WorldSetup};

use standin_contracts::protocol::Timestamp;

/// When a run begins whose time is moved by hand: 2026-01-05, a Monday, at 08:00.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_767_600_000_000);
