//! Standin is a stateful mock server for SDK vendors' backends and a conformance test suite (scripted scenarios,
//! property-based tests, wire snapshots) for the client backends, SDKs and apps that talk to them. This crate is the
//! stateful mock server.
//!
//! * [`engine`]: the vendor as a pure state machine;
//! * [`clock`]: sandbox time, and the only place that reads real time;
//! * [`fault`]: faults between a client and the vendor, one file per fault;
//! * [`outbox`]: the messages that wait for a client backend's webhook receiver, as pure as the engine;
//! * [`sandbox`]: an isolated environment with its engines, clock, faults and history behind one lock;
//! * [`webhook_dispatcher`]: delivers the messages of an outbox;
//! * [`http`]: connections, vendor routes and admin routes;
//! * [`tls`]: listeners with good and bad certificates;
//! * [`server`]: the whole server in one value, [`MockServer`].
//!
//! Besides these, [`linear`] checks whether the answers to concurrent clients are linearizable.
//!
//! Each layer uses only those above it in this list.

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
pub use http::{ADMIN, DirectLine};
pub use limits::Limits;
pub use outbox::DeliveryFault;
pub use sandbox::{Coverage, NewMessages, Receiver, Sandbox, WebhookError};
pub use server::{MockConfig, MockServer, StartError, url};
pub use webhook_dispatcher::{Receipt, ReceiverLine, deliver};
