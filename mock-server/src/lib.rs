//! A vendor's backend, simulated.
//!
//! * [`engine`]: the vendor as a pure state machine;
//! * [`clock`]: sandbox time, and the only place where real time enters;
//! * [`fault`]: what can go wrong on the way, one file a fault;
//! * [`sandbox`]: one isolated world: engine, clock, faults and history behind one lock;
//! * [`http`]: connections, vendor routes and admin routes;
//! * [`server`]: the whole of it in one value, [`MockServer`].
//!
//! Each layer knows only those above it in this list.

pub mod clock;
pub mod engine;
pub mod fault;
pub mod http;
mod limits;
pub mod sandbox;
mod seed;
pub mod server;

pub use clock::ClockStart;
pub use engine::{Engine, KeyRing, KeyState};
pub use fault::{Fault, FaultId, FaultSpec, When};
pub use limits::Limits;
pub use sandbox::Sandbox;
pub use server::{MockConfig, MockServer, StartError, url};
