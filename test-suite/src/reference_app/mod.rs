//! A conforming app around the reference SDK, driven by any contract.
//!
//! No rule about apps may find anything wrong with it. An [`AppBehaviour`] holds its decisions. Mutants are the same
//! app with one decision changed. A recording shim sees every call of the SDK.

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
