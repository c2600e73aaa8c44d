//! What holds for every rule.

mod judging;
mod registry;
mod total;
