//! What is hunted: a client backend by courses of events, or an SDK by lives. Confirming, shrinking, keeping and replaying are the
//! same for both.

use std::fmt::Debug;

use super::offence::{Offence, Played};
use crate::run::{Plan, RunError};

/// Who is hunted, and where.
pub(crate) trait Quarry {
    /// A generated course of what happens.
    type Course: Clone + PartialEq + Debug;

    /// The run that it belongs to.
    fn plan(&self) -> &Plan;

    /// What the plan says of this hunt.
    fn hunt(&self) -> &super::HuntPlan<Self::Course>;

    /// The course of one case. It follows from the plan's seed and the number alone.
    fn course(&self, case: u64) -> Result<Self::Course, RunError>;

    /// Plays a course where the last one was played, and judges it.
    async fn play(&mut self, name: &str, course: &Self::Course) -> Result<Played, RunError>;

    /// Plays a course on a subject that was started for it.
    async fn play_afresh(&mut self, name: &str, course: &Self::Course) -> Result<Played, RunError>;

    /// Plays many courses that have nothing to do with one another.
    async fn play_all(&mut self, courses: &[(String, Self::Course)]) -> Result<Vec<Played>, RunError> {
        let mut played = Vec::new();
        for (name, course) in courses {
            played.push(self.play(name, course).await?);
        }
        Ok(played)
    }

    /// How many courses it plays at a time.
    fn at_a_time(&self) -> u64 {
        1
    }

    /// Ends what stands.
    async fn strike(&mut self);

    /// A course that shows the offence of this case, as short as it was found while patience lasts.
    async fn shrunk(
        &mut self,
        case: u64,
        offence: &Offence,
        patience: &super::shrink::Patience,
        afresh: bool,
    ) -> Result<Self::Course, RunError>;

    /// How many steps a course has.
    fn length(course: &Self::Course) -> usize;

    /// A course in words, one sentence a step.
    fn words(&self, course: &Self::Course) -> Vec<String>;

    /// What stands in a regression's file.
    fn kept(&self, regression: &super::Regression<Self::Course>) -> String;

    /// The course with what has to follow it so that its rules are exercised.
    fn with_epilogue(&self, course: &Self::Course) -> Self::Course;

    /// Why the subject can't play a course, if it can't.
    fn lacks(&self, course: &Self::Course) -> Option<String>;

    /// What many courses are called.
    const COURSES: &'static str;

    /// The flag that plays a single case.
    const CASE: &'static str;
}
