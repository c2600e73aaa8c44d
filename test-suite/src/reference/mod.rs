//! A conforming client backend, driven by any contract.
//!
//! It is what every rule must find nothing wrong with. A [`Conduct`] says how it behaves at each turn; lawful variants and
//! mutants are the same backend with one turn taken differently.

mod backend;
mod cast;
mod clock;
mod conduct;
mod desk;
mod line;
mod mailroom;
mod trouble;

pub(crate) use backend::ReferenceBackend;
pub use backend::config_for;
pub use cast::varied_config_for;
pub(crate) use clock::Serving;
pub use clock::VirtualClock;
pub use conduct::{AppAnswer, AppRequest, Conduct, Conforming, Patience};
pub use desk::{Customer, Desk, Outcome};
pub(crate) use line::exchange;
pub(crate) use mailroom::Mailroom;
pub use mailroom::{Disk, Note, Post};
pub use trouble::Trouble;
