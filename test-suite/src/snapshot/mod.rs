//! Wire snapshots: the traffic of each scenario in words that are the same in every run, kept in files and compared
//! with them.
//!
//! A [`Transcript`] is made from a history alone. Parts that differ from run to run without a meaning are replaced.
//! Ids and secrets become their kind and a number in order of appearance, and times become their distance. Concurrent
//! messages are sorted by their content, and what several installs do beside one another by its cause.

mod ends;
mod files;
mod ids;
mod message;
mod names;
mod order;
mod transcript;

pub use files::{Keep, SnapshotReport, SnapshotState, compare};
pub use transcript::{Transcript, transcripts};
