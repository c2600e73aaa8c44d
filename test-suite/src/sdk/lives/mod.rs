//! Generated lives: courses of an app's life that nobody wrote down, played against an SDK and judged.

mod play;
mod quiet;
mod step;
mod strategy;

pub use play::{LifeBench, LifeSeen};
pub use quiet::quiet_runtime;
pub use step::{LifeStep, Mishap, Who};
pub use strategy::generate;
