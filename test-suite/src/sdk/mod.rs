//! The harness of an SDK: the vendor's mock on one side, and on the other installs that are driven through an
//! adapter.
//!
//! The harness plays the app and its user, and the client backend unless one is under test.

mod app_in_hand;
mod app_scenarios;
pub mod cases;
mod client_backend;
mod client_backend_facade;
mod client_key;
pub(crate) mod crashes;
mod device_handle;
pub(crate) mod fleet;
mod harness;
mod launch;
mod origins;
mod scenarios;
mod seen;

pub use app_scenarios::APP_SCENARIOS;
pub use crashes::{At, CrashPoint};
pub use device_handle::DeviceHandle;
pub(crate) use harness::APP_ID;
pub use harness::{SdkHarness, SdkHarnessSetup};
pub(crate) use launch::Driven;
pub use launch::Sdk;
pub use origins::Origins;
pub use scenarios::{Need, SCENARIOS, Scenario};

use standin_contracts::protocol::Timestamp;

/// The start of a run whose time is moved by hand: 2026-01-05, a Monday, at 08:00.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_767_600_000_000);
