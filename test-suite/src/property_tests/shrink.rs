//! Shrinks a failing case: steps are left out first, and the remaining ones are made simpler.

use proptest::strategy::ValueTree;
use standin_contracts::protocol::Millis;
use standin_mock_server::clock::Stopwatch;

use super::case_runner::CaseRunner;
use super::offence::Offence;
use super::step::Case;
use super::subject::Subject;
use crate::run::RunError;

/// The time limit of shrinking.
pub(crate) struct ShrinkBudget {
    pub(crate) clock: Stopwatch,
    pub(crate) limit: Millis,
}

impl ShrinkBudget {
    pub(crate) fn lasts(&self) -> bool {
        self.clock.elapsed() < self.limit
    }
}

/// One attempt to shrink a case.
pub(super) struct Shrink<'s, 'p> {
    pub(super) runner: &'s mut CaseRunner<'p>,
    /// The offence that every shorter case must show.
    pub(super) offence: &'s Offence,
    pub(super) budget: &'s ShrinkBudget,
    /// Whether each candidate gets a freshly started backend.
    pub(super) afresh: bool,
}

impl Shrink<'_, '_> {
    /// The shortest case found that fails in the same way.
    pub(super) async fn case(&mut self, tree: &mut dyn ValueTree<Value = Case>) -> Result<Case, RunError> {
        let mut best = tree.current();
        let mut more = tree.simplify();
        while more && self.budget.lasts() {
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

    /// Plays concurrent steps one after another, wherever the case still fails: that is easier to follow.
    async fn take_apart(&mut self, mut best: Case) -> Result<Case, RunError> {
        for place in (0..best.steps.len()).rev() {
            let Some(apart) = best.steps[place].apart().filter(|_| self.budget.lasts()) else { continue };
            let mut candidate = best.clone();
            candidate.steps.splice(place..=place, apart);
            if self.fails(&candidate).await? {
                best = candidate;
            }
        }
        Ok(best)
    }

    /// Leaves out each single step that is not needed any more, now that the others are simpler.
    async fn leave_out(&mut self, mut best: Case) -> Result<Case, RunError> {
        for place in (0..best.steps.len()).rev() {
            if best.steps.len() < 2 || !self.budget.lasts() {
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

    async fn fails(&mut self, case: &Case) -> Result<bool, RunError> {
        let played = if self.afresh {
            self.runner.play_afresh("shrink", case).await?
        } else {
            self.runner.play("shrink", case).await?
        };
        Ok(played.shows(self.offence))
    }
}
