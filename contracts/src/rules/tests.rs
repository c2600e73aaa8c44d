//! Properties of every rule.

mod judging;
mod registry;
mod total;
