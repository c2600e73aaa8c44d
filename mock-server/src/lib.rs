//! A vendor's backend, simulated.
//!
//! * [`engine`]: the vendor as a pure state machine;
//! * [`clock`]: sandbox time, and the only place where real time enters;
//! * [`fault`]: what can go wrong on the way, one file a fault;
//! * [`outbox`]: what the vendor has for a client backend's receiver, as pure as the engine;
//! * [`sandbox`]: one isolated world: engine, clock, faults and history behind one lock;
//! * [`webhook_dispatcher`]: delivers what an outbox has;
//! * [`http`]: connections, vendor routes and admin routes;
//! * [`tls`]: listeners with good and bad certificates;
//! * [`server`]: the whole of it in one value, [`MockServer`].
//!
//! Beside them, [`linear`] tells whether what concurrent clients heard makes sense.
//!
//! Each layer knows only those above it in this list.

pub mod clock;
pub mod engine;
pub mod fault;
pub mod http;
mod limits;
pub mod linear;
pub mod outbox;
pub mod sandbox;
mod seed;
pub mod server;
pub mod tls;
pub mod webhook_dispatcher;

pub use clock::ClockStart;
pub use engine::{Engine, InstallStatus, KeyRing, KeyState, Transition};
pub use fault::{Fault, FaultId, FaultSpec, When};
pub use http::DirectLine;
pub use limits::Limits;
pub use outbox::DeliveryFault;
pub use sandbox::{Coverage, NewMessages, Receiver, Sandbox, WebhookError};
pub use server::{MockConfig, MockServer, StartError, url};
pub use webhook_dispatcher::{Receipt, deliver};
