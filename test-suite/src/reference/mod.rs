//! A conforming client backend, driven by any contract.
//!
//! No rule may find anything wrong with it. A [`BackendBehaviour`] holds its decisions. Conforming variants and
//! mutants are the same backend with one decision changed.

mod backend;
mod behaviour;
mod call_error;
mod clock;
mod in_process;
mod line;
mod observed;
mod varied_config;
mod vendor_client;
mod webhook_receiver;

pub(crate) use backend::ReferenceBackend;
pub use backend::config_for;
pub use behaviour::{AppAnswer, AppRequest, BackendBehaviour, CallTimeout, Conforming};
pub use call_error::CallError;
pub(crate) use clock::Serving;
pub use clock::VirtualClock;
pub(crate) use line::exchange;
pub use observed::ObservedBackend;
pub use varied_config::varied_config_for;
pub use vendor_client::{Outcome, UserRecord, VendorClient};
pub(crate) use webhook_receiver::WebhookReceiver;
pub use webhook_receiver::{Disk, Note, Post};
