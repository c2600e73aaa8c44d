//! Makes a course that fails as short as it can be: steps are left out first, and what is left is made simpler.

use proptest::strategy::ValueTree;
use standin_mock_server::clock::Clock;

use super::bench::{Bench, Offence};
use super::step::Course;
use crate::run::RunError;

/// How much time there is for shrinking, and how much of it is used up.
pub(super) struct Patience {
    pub(super) clock: Clock,
    /// In microseconds.
    pub(super) until: u64,
}

impl Patience {
    fn lasts(&self) -> bool {
        self.clock.mono_us() < self.until
    }
}

/// The shortest course that was found to fail in the same way; each was tried on a fresh backend.
pub(super) async fn shrink(
    bench: &mut Bench<'_>,
    tree: &mut dyn ValueTree<Value = Course>,
    offence: &Offence,
    patience: &Patience,
) -> Result<Course, RunError> {
    let mut best = tree.current();
    let mut more = tree.simplify();
    while more && patience.lasts() {
        let candidate = tree.current();
        let fails = candidate == best || bench.play_afresh("shrink", &candidate).await?.shows(offence);
        if fails {
            best = candidate;
        }
        more = if fails { tree.simplify() } else { tree.complicate() };
    }
    leave_out(bench, best, offence, patience).await
}

/// Leaves out each single step that is not needed any more, now that the others are simpler.
async fn leave_out(
    bench: &mut Bench<'_>,
    mut best: Course,
    offence: &Offence,
    patience: &Patience,
) -> Result<Course, RunError> {
    for place in (0..best.steps.len()).rev() {
        if best.steps.len() < 2 || !patience.lasts() {
            break;
        }
        let mut candidate = best.clone();
        candidate.steps.remove(place);
        if bench.play_afresh("shrink", &candidate).await?.shows(offence) {
            best = candidate;
        }
    }
    Ok(best)
}
