//! A vendor's backend, simulated.

pub mod engine;
