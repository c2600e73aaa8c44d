//! A conforming SDK, driven by any contract.
//!
//! It is what every rule about SDKs must find nothing wrong with. Its [`Core`] decides, without I/O and without a clock;
//! around it a small shell encodes, sends, and keeps what is to be stored. An [`SdkBehaviour`] says how it behaves at each
//! turn; lawful variants and mutants are the same SDK with one decision taken differently.

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
mod rng;
mod stored;

pub use adapter::ReferenceSdk;
pub use answer_class::AnswerClass;
pub use behaviour::{Again, ConformingSdk, Recovery, SdkBehaviour};
pub use config::SdkConfig;
pub use core::{Core, DeviceState};
pub use message::{Effect, Input, Request, RetryAfter, VendorAnswer};
pub use stored::{Batch, Holder, Item, Report, Session, SignInState, Stored, Syncing};
