//! Conforming variants of the SDK: they differ from the reference and are still correct. No rule may find anything
//! wrong with them.

mod a_little_late;
mod asks_again_unanswered;
mod drops_denied;
mod equal_jitter;
mod growing_jitter;
mod impatient;
mod never_forgets_failures;
mod one_item_a_batch;
mod renews_ahead;
mod repacks;
mod reverse_categories;
mod several_workers;
mod signs_in_again;
mod slow_start;

use std::sync::Arc;

use standin_contracts::contract::Contract;

use crate::reference_sdk::SdkBehaviour;

/// A conforming variant of the SDK.
pub struct SdkVariant {
    /// Its name.
    pub name: &'static str,
    /// The difference from the reference.
    pub summary: &'static str,
    /// Whether the variant conforms with this vendor's contract.
    pub fits: fn(&Contract) -> bool,
    /// Creates its behaviour.
    pub make: fn() -> Arc<dyn SdkBehaviour>,
}

/// All conforming variants of the SDK, by name.
pub const SDK_VARIANTS: &[SdkVariant] = &[
    a_little_late::VARIANT,
    asks_again_unanswered::VARIANT,
    drops_denied::VARIANT,
    equal_jitter::VARIANT,
    growing_jitter::VARIANT,
    impatient::VARIANT,
    never_forgets_failures::VARIANT,
    one_item_a_batch::VARIANT,
    renews_ahead::VARIANT,
    repacks::VARIANT,
    reverse_categories::VARIANT,
    several_workers::VARIANT,
    signs_in_again::VARIANT,
    slow_start::VARIANT,
];
