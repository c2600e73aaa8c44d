//! Makes a course that fails as short as it can be: steps are left out first, and what is left is made simpler.

use proptest::strategy::ValueTree;
use standin_mock_server::clock::Clock;

use super::bench::Bench;
use super::offence::Offence;
use super::quarry::Quarry;
use super::step::Course;
use crate::run::RunError;

/// How much time there is for shrinking, and how much of it is used up.
pub(crate) struct Patience {
    pub(crate) clock: Clock,
    /// In microseconds.
    pub(crate) until: u64,
}

impl Patience {
    pub(crate) fn lasts(&self) -> bool {
        self.clock.mono_us() < self.until
    }
}

/// One attempt to make a course shorter.
pub(super) struct Shrink<'s, 'p> {
    pub(super) bench: &'s mut Bench<'p>,
    /// What has to come of every shorter course.
    pub(super) offence: &'s Offence,
    pub(super) patience: &'s Patience,
    /// True if each course gets a backend that was started for it.
    pub(super) afresh: bool,
}

impl Shrink<'_, '_> {
    /// The shortest course that was found to fail in the same way.
    pub(super) async fn course(&mut self, tree: &mut dyn ValueTree<Value = Course>) -> Result<Course, RunError> {
        let mut best = tree.current();
        let mut more = tree.simplify();
        while more && self.patience.lasts() {
            let candidate = tree.current();
            let fails = candidate == best || self.fails(&candidate).await?;
            if fails {
                best = candidate;
            }
            more = if fails { tree.simplify() } else { tree.complicate() };
        }
        let best = self.take_apart(best).await?;
        self.leave_out(best).await
    }

    /// Lets happen one after another what happened at once, wherever it fails all the same: that is easier to follow.
    async fn take_apart(&mut self, mut best: Course) -> Result<Course, RunError> {
        for place in (0..best.steps.len()).rev() {
            let Some(apart) = best.steps[place].apart().filter(|_| self.patience.lasts()) else { continue };
            let mut candidate = best.clone();
            candidate.steps.splice(place..=place, apart);
            if self.fails(&candidate).await? {
                best = candidate;
            }
        }
        Ok(best)
    }

    /// Leaves out each single step that is not needed any more, now that the others are simpler.
    async fn leave_out(&mut self, mut best: Course) -> Result<Course, RunError> {
        for place in (0..best.steps.len()).rev() {
            if best.steps.len() < 2 || !self.patience.lasts() {
                break;
            }
            let mut candidate = best.clone();
            candidate.steps.remove(place);
            if self.fails(&candidate).await? {
                best = candidate;
            }
        }
        Ok(best)
    }

    async fn fails(&mut self, course: &Course) -> Result<bool, RunError> {
        let played = if self.afresh {
            self.bench.play_afresh("shrink", course).await?
        } else {
            self.bench.play("shrink", course).await?
        };
        Ok(played.shows(self.offence))
    }
}
