//! Generated lives: courses of an app's life that nobody wrote down, played against an SDK and judged.

mod bench;
mod linear;
mod model;
mod play;
mod quiet;
mod step;
mod strategy;
mod together;
mod words;

pub(crate) use bench::Lived;
pub use bench::{LifeBench, LifeError, LifeSeen};
pub use quiet::quiet_runtime;
pub(crate) use step::Class;
pub use step::{Doing, Life, LifeStep, Trouble, Who};
pub use strategy::Cast;
pub(crate) use words::words;

/// Where a redirect of a life leads. Nobody is there; a player puts the world's own other origin in its place.
const OTHER_ORIGIN: &str = "http://elsewhere.invalid/";
