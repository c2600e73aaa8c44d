//! A conforming SDK, driven by any contract.
//!
//! No rule about SDKs may find anything wrong with it. Its [`Core`] decides, without I/O and without a clock. A small
//! shell around it encodes, sends and stores. An [`SdkBehaviour`] holds its decisions. Conforming variants and mutants
//! are the same SDK with one decision changed.

mod adapter;
mod answer_class;
mod asking;
mod behaviour;
mod config;
mod core;
mod digest;
mod install;
mod line;
mod message;
mod observed;
mod own_time;
mod rng;
mod stored;

pub use adapter::ReferenceSdk;
pub use answer_class::AnswerClass;
pub use behaviour::{ConformingSdk, Recovery, SdkBehaviour};
pub use config::SdkConfig;
pub use core::{Core, DeviceState};
pub use message::{Effect, Input, Request, RetryAfter, VendorAnswer};
pub use observed::Observed;
pub use stored::{Batch, Holder, Item, Report, Session, SignInState, Stored, Syncing};
