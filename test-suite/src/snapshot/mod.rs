//! Snapshots: what was said on the wire in each scenario, in words that are the same run after run, kept in files and
//! compared with them.
//!
//! A [`Transcript`] is made of a history alone. What differs from run to run without meaning anything is replaced: ids and
//! secrets by their kind and a number in the order they appear, times by how far off they are, and what runs at once is
//! sorted by what it says.

mod ends;
mod files;
mod ids;
mod message;
mod names;
mod transcript;

pub use files::{Keep, SnapshotReport, SnapshotState, compare};
pub use transcript::{Transcript, transcripts};
