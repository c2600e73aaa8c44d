//! Conforming variants: client backends that differ from the reference and are still correct. No rule may find
//! anything wrong with them.

mod dedupes_by_content;
mod equal_jitter;
mod error_inside_200;
mod forbids_unauthenticated;
mod full_jitter;
mod jitter_rng;
mod keeps_stock;
mod mints_ahead;
mod queues_webhooks;
mod second_worker;
mod slow_start;
mod strict_forms;

use std::sync::Arc;

use crate::driver::BackendConfig;
use crate::reference::BackendBehaviour;

/// A conforming variant.
pub struct Variant {
    /// Its name.
    pub name: &'static str,
    /// The difference from the reference.
    pub summary: &'static str,
    /// Creates a new instance.
    pub make: fn() -> Arc<dyn BackendBehaviour>,
    /// Adapts the file that describes it.
    pub adapt: fn(&mut BackendConfig),
}

/// All conforming variants.
pub const VARIANTS: &[Variant] = &[
    dedupes_by_content::VARIANT,
    equal_jitter::VARIANT,
    error_inside_200::VARIANT,
    forbids_unauthenticated::VARIANT,
    full_jitter::VARIANT,
    keeps_stock::VARIANT,
    mints_ahead::VARIANT,
    queues_webhooks::VARIANT,
    second_worker::VARIANT,
    slow_start::VARIANT,
    strict_forms::VARIANT,
];
