//! Shrinks a failing case of an SDK. First steps are left out, then faults, then times. Then fewer installs and users
//! take part, and the remaining steps are made simpler.

use super::offence::Offence;
use super::sdk_subject::SdkSubject;
use super::shrink::ShrinkBudget;
use super::subject::Subject;
use crate::run::RunError;
use crate::sdk::cases::{Class, SdkCase};

/// One attempt to shrink a case.
pub(super) struct ShrinkSdkCase<'s, 'p> {
    pub(super) subject: &'s mut SdkSubject<'p>,
    /// The offence that every shorter case must show.
    pub(super) offence: &'s Offence,
    pub(super) budget: &'s ShrinkBudget,
    /// Whether each candidate gets a freshly started adapter.
    pub(super) afresh: bool,
}

impl ShrinkSdkCase<'_, '_> {
    /// The shortest case found that fails in the same way.
    pub(super) async fn case(&mut self, whole: SdkCase) -> Result<SdkCase, RunError> {
        let mut best = whole;
        loop {
            let before = best.clone();
            for class in [Class::Deed, Class::Fault, Class::Time] {
                best = self.without(class, best).await?;
            }
            best = self.with_fewer(best).await?;
            best = self.simpler(best).await?;
            if best == before || !self.budget.lasts() {
                return Ok(best);
            }
        }
    }

    /// Leaves out steps of a class: many at once while the case still fails, and then fewer.
    async fn without(&mut self, class: Class, mut best: SdkCase) -> Result<SdkCase, RunError> {
        let mut at_once = places(&best, class).len();
        while at_once > 0 {
            let mut from = 0;
            loop {
                let all = places(&best, class);
                let Some(some) = all.get(from..all.len().min(from + at_once)).filter(|some| !some.is_empty()) else {
                    break;
                };
                if !self.budget.lasts() {
                    return Ok(best);
                }
                let shorter = leave_out(&best, some);
                if self.fails(&shorter).await? {
                    best = shorter;
                } else {
                    from += at_once;
                }
            }
            at_once /= 2;
        }
        Ok(best)
    }

    /// Reduces the number of installs and users while the case still fails.
    async fn with_fewer(&mut self, mut best: SdkCase) -> Result<SdkCase, RunError> {
        'again: loop {
            for fewer in best.with_fewer() {
                if self.budget.lasts() && self.fails(&fewer).await? {
                    best = fewer;
                    continue 'again;
                }
            }
            return Ok(best);
        }
    }

    /// Replaces each step by a simpler one while the case still fails.
    async fn simpler(&mut self, mut best: SdkCase) -> Result<SdkCase, RunError> {
        let mut place = 0;
        while place < best.steps.len() {
            let mut simplest = None;
            for instead in best.steps[place].simpler() {
                if !self.budget.lasts() {
                    return Ok(best);
                }
                let mut candidate = best.clone();
                candidate.steps.splice(place..=place, instead);
                if self.fails(&candidate).await? {
                    simplest = Some(candidate);
                    break;
                }
            }
            match simplest {
                Some(simpler) => best = simpler,
                None => place += 1,
            }
        }
        Ok(best)
    }

    async fn fails(&mut self, case: &SdkCase) -> Result<bool, RunError> {
        let played = if self.afresh {
            self.subject.play_afresh("shrink", case).await?
        } else {
            self.subject.play("shrink", case).await?
        };
        Ok(played.shows(self.offence))
    }
}

fn places(case: &SdkCase, class: Class) -> Vec<usize> {
    let steps = case.steps.iter().enumerate();
    steps.filter(|(_, step)| step.class() == class).map(|(place, _)| place).collect()
}

fn leave_out(case: &SdkCase, places: &[usize]) -> SdkCase {
    let kept = case.steps.iter().enumerate().filter(|(place, _)| !places.contains(place));
    SdkCase { steps: kept.map(|(_, step)| step.clone()).collect() }
}
