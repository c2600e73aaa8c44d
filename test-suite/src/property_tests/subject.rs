//! The subject of property tests: a client backend or an SDK. Confirming, shrinking, keeping and replaying are the
//! same for both.

use std::fmt::Debug;

use super::offence::{CaseResult, Offence};
use crate::run::{Plan, RunError};

pub(crate) trait Subject {
    /// A generated case for this kind of subject.
    type Case: Clone + PartialEq + Debug;

    /// The plan of its run.
    fn plan(&self) -> &Plan;

    /// The plan of its property tests.
    fn tests(&self) -> &super::PropertyTestPlan<Self::Case>;

    /// The case of this number. It follows from the plan's seed and the number alone.
    fn case(&self, number: u64) -> Result<Self::Case, RunError>;

    /// Plays a case where the last one was played, and judges it.
    async fn play(&mut self, name: &str, case: &Self::Case) -> Result<CaseResult, RunError>;

    /// Plays a case on a subject that was started for it.
    async fn play_afresh(&mut self, name: &str, case: &Self::Case) -> Result<CaseResult, RunError>;

    /// Plays many unrelated cases.
    async fn play_all(&mut self, cases: &[(String, Self::Case)]) -> Result<Vec<CaseResult>, RunError> {
        let mut played = Vec::new();
        for (name, case) in cases {
            played.push(self.play(name, case).await?);
        }
        Ok(played)
    }

    /// How many cases are played at a time.
    fn at_a_time(&self) -> u64 {
        1
    }

    async fn tear_down(&mut self);

    /// The shortest case found within the budget that shows the offence of this case.
    async fn shrunk(
        &mut self,
        number: u64,
        offence: &Offence,
        budget: &super::shrink::ShrinkBudget,
        afresh: bool,
    ) -> Result<Self::Case, RunError>;

    /// The number of steps of a case.
    fn length(case: &Self::Case) -> usize;

    /// A case in words, one sentence for each step.
    fn words(&self, case: &Self::Case) -> Vec<String>;

    /// The content of a regression file.
    fn kept(&self, regression: &super::Regression<Self::Case>) -> String;

    /// The case with the steps that must follow it so that its rules are exercised.
    fn with_epilogue(&self, case: &Self::Case) -> Self::Case;

    /// Why the subject can't play a case; `None` if it can.
    fn lacks(&self, case: &Self::Case) -> Option<String>;

    const CASES: &'static str;
}
