//! A conforming app around the reference SDK, driven by any contract.
//!
//! It is what every rule about apps must find nothing wrong with. An [`AppBehaviour`] says how it behaves at each turn; mutants
//! are the same app with one decision taken differently. Whatever it tells its SDK, a recording shim sees.

mod adapter;
mod backend;
mod behaviour;
mod install;
mod shim;
mod signing_in;
mod stored;

pub use adapter::ReferenceApp;
pub use behaviour::{AppBehaviour, ConformingApp};
pub use stored::{AppStored, Person};
