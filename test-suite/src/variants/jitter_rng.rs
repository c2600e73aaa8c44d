//! Random pauses, the same in every run.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use standin_contracts::protocol::Millis;

#[derive(Default)]
pub(super) struct JitterRng(AtomicU64);

impl JitterRng {
    /// A random pause from zero up to `most`.
    pub(super) fn up_to(&self, most: Millis) -> Millis {
        let mut hasher = DefaultHasher::new();
        self.0.fetch_add(1, Ordering::Relaxed).hash(&mut hasher);
        Millis::new(hasher.finish() % (most.get() + 1))
    }
}
