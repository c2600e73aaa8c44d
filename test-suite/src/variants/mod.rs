//! Lawful variants: client backends unlike the reference and still correct. No rule may find anything wrong with them.

mod error_inside_200;
mod keeps_stock;
mod mints_ahead;
mod second_worker;

use std::sync::Arc;

use crate::driver::BackendConfig;
use crate::reference::Conduct;

/// A lawful variant.
pub struct Variant {
    /// Its name.
    pub name: &'static str,
    /// What is unlike the reference.
    pub summary: &'static str,
    /// Makes a fresh one.
    pub make: fn() -> Arc<dyn Conduct>,
    /// What its file says differently.
    pub adapt: fn(&mut BackendConfig),
}

/// Every lawful variant.
pub const VARIANTS: &[Variant] =
    &[error_inside_200::VARIANT, keeps_stock::VARIANT, mints_ahead::VARIANT, second_worker::VARIANT];
