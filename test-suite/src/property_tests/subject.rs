//! What is hunted: a client backend by courses of events, or an SDK by lives. Confirming, shrinking, keeping and replaying are the
//! same for both.

use std::fmt::Debug;

use super::offence::{CaseResult, Offence};
use crate::run::{Plan, RunError};

pub(crate) trait Subject {
    /// A generated course of what happens.
    type Case: Clone + PartialEq + Debug;

    /// The run that it belongs to.
    fn plan(&self) -> &Plan;

    /// What the plan says of this hunt.
    fn tests(&self) -> &super::PropertyTestPlan<Self::Case>;

    /// The course of one case. It follows from the plan's seed and the number alone.
    fn case(&self, number: u64) -> Result<Self::Case, RunError>;

    /// Plays a course where the last one was played, and judges it.
    async fn play(&mut self, name: &str, case: &Self::Case) -> Result<CaseResult, RunError>;

    /// Plays a course on a subject that was started for it.
    async fn play_afresh(&mut self, name: &str, case: &Self::Case) -> Result<CaseResult, RunError>;

    /// Plays many courses that have nothing to do with one another.
    async fn play_all(&mut self, cases: &[(String, Self::Case)]) -> Result<Vec<CaseResult>, RunError> {
        let mut played = Vec::new();
        for (name, case) in cases {
            played.push(self.play(name, case).await?);
        }
        Ok(played)
    }

    /// How many courses it plays at a time.
    fn at_a_time(&self) -> u64 {
        1
    }

    async fn tear_down(&mut self);

    /// A course that shows the offence of this case, as short as it was found while patience lasts.
    async fn shrunk(
        &mut self,
        number: u64,
        offence: &Offence,
        budget: &super::shrink::ShrinkBudget,
        afresh: bool,
    ) -> Result<Self::Case, RunError>;

    /// How many steps a course has.
    fn length(case: &Self::Case) -> usize;

    /// A course in words, one sentence a step.
    fn words(&self, case: &Self::Case) -> Vec<String>;

    /// What stands in a regression's file.
    fn kept(&self, regression: &super::Regression<Self::Case>) -> String;

    /// The course with what has to follow it so that its rules are exercised.
    fn with_epilogue(&self, case: &Self::Case) -> Self::Case;

    /// Why the subject can't play a course, if it can't.
    fn lacks(&self, case: &Self::Case) -> Option<String>;

    const CASES: &'static str;
}
