//! A conforming SDK, driven by any contract.
//!
//! It is what every rule about SDKs must find nothing wrong with. Its [`Core`] decides, without I/O and without a clock;
//! around it a small shell encodes, sends, and keeps what is to be stored. An [`SdkConduct`] says how it behaves at each
//! turn; lawful variants and mutants are the same SDK with one decision taken differently.

mod adapter;
mod asking;
mod conduct;
mod core;
mod digest;
mod draws;
mod install;
mod line;
mod meaning;
mod message;
mod stored;
mod terms;

pub use adapter::ReferenceSdk;
pub use conduct::{Again, ConformingSdk, Recovery, SdkConduct};
pub use core::{Core, DeviceState};
pub use meaning::Meaning;
pub use message::{Answer, Effect, Input, Request, RetryAfter};
pub use stored::{Batch, Holder, Item, Report, Session, SignInState, Stored, Syncing};
pub use terms::Terms;
