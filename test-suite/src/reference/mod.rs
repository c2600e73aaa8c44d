//! A conforming client backend, driven by any contract.
//!
//! It is what every rule must find nothing wrong with. A [`Conduct`] says how it behaves at each turn; lawful variants and
//! mutants are the same backend with one turn taken differently.

mod backend;
mod conduct;
mod desk;
mod mailroom;

pub(crate) use backend::ReferenceBackend;
pub use backend::config_for;
pub use conduct::{AppAnswer, AppRequest, Conduct, Conforming, Turn};
pub use desk::{Customer, Desk, Outcome};
pub use mailroom::{Disk, Note, Post};
