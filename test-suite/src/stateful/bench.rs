//! Where courses are played and judged: one stage for many cases, and a fresh one when it matters.
//!
//! Between cases the vendor's world goes on: what a backend has learned of it, its users and credentials in stock, stays
//! good, so that nothing is held against a backend that only remembers. Each case begins with a valid key, without faults,
//! and is judged by its own events alone. A failure is confirmed with a new vendor and a backend that was started for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::strategy::ValueTree;
use standin_contracts::history::{Event, Leg, Login, What};
use standin_mock_server::{KeyState, MockServer};
use tempfile::TempDir;

use super::offence::{Offence, Played};
use super::play::Player;
use super::quarry::Quarry;
use super::shrink::{Patience, Shrink};
use super::step::{Asking, Course, Step};
use super::words::Names;
use super::{Hunted, Regression};
use crate::driver::Halt;
use crate::run::{RunError, Setting};
use crate::stage::Stage;

/// Where courses are played.
pub(crate) struct Bench<'p> {
    pub(super) hunted: Hunted<'p>,
    set: Option<(MockServer, Stage, TempDir)>,
    /// True once the backend was seen to work after it had answered: from then on it gets time between two requests.
    calmly: bool,
    /// How many courses were played on the stage that stands.
    plays: u32,
}

/// How many courses are played before vendor and backend are made anew: what new users leave behind adds up.
const RENEW_AFTER: u32 = 250;

impl<'p> Bench<'p> {
    pub(crate) fn new(hunted: Hunted<'p>) -> Self {
        Self { hunted, set: None, calmly: false, plays: 0 }
    }

    fn tree(&self, case: u64) -> Result<Box<dyn ValueTree<Value = Course>>, RunError> {
        let tree = self.hunted.cast().case(self.hunted.plan.seed, case);
        tree.map_err(|why| RunError::Generate(why.to_string()))
    }

    fn names(&self) -> Names {
        Names::of(&self.hunted.backend.config)
    }

    fn can_be_made_anew(&self) -> bool {
        self.hunted.backend.can_restart()
    }

    async fn play_once(&mut self, name: &str, course: &Course) -> Result<Played, RunError> {
        let (mock, stage, folder) = match self.set.take() {
            Some(set) => set,
            None => match Box::pin(self.hunted.plan.set_stage(self.hunted.backend)).await? {
                Setting { mock, stage: Ok(stage), folder } => (mock, stage, folder),
                Setting { mock, stage: Err(halt), .. } => {
                    mock.stop().await;
                    return Ok(Played::halted(halt.to_string(), Offence::Ended));
                }
            },
        };
        self.plays += 1;
        let sandbox = mock.sandbox();
        let before = stage.last_seq();
        stage.begin_case(name);
        let player = Player { stage: &stage, calmly: self.calmly || stage.is_done_when_answered().await };
        let ended = Box::pin(player.course(course)).await;
        let events = sandbox.history_after(before, usize::MAX);
        let judgements = self.hunted.plan.judgements(&sandbox.header(), events.iter().map(Arc::as_ref));
        let played = match ended {
            Ok(()) => Played { judgements, halt: None, events, halted_as: None },
            Err(halt) => {
                let halted_as =
                    Some(if matches!(halt, Halt::Silent { .. }) { Offence::Silent } else { Offence::Ended });
                Played { judgements, halt: Some(sandbox.redact(&halt.to_string())), events, halted_as }
            }
        };
        self.set = Some((mock, stage, folder));
        if played.halt.is_some() {
            self.strike().await;
        }
        Ok(played)
    }
}

impl Quarry for Bench<'_> {
    type Course = Course;

    const COURSES: &'static str = "cases";

    const CASE: &'static str = "--case";

    fn plan(&self) -> &crate::run::Plan {
        self.hunted.plan
    }

    fn hunt(&self) -> &super::HuntPlan<Course> {
        &self.hunted.plan.hunt
    }

    fn course(&self, case: u64) -> Result<Course, RunError> {
        Ok(self.tree(case)?.current())
    }

    /// On the stage that stands, or on a new one. A backend that turns out to work after it has answered gets to play it again,
    /// with time for that.
    async fn play(&mut self, name: &str, course: &Course) -> Result<Played, RunError> {
        if self.plays >= RENEW_AFTER && self.can_be_made_anew() {
            self.strike().await;
        }
        let played = self.play_once(name, course).await?;
        if self.calmly || !works_unasked(&played.events) {
            return Ok(played);
        }
        self.calmly = true;
        self.play_once(name, course).await
    }

    /// On a stage that was set for it, calmly. A backend that was running before can't be made anew.
    async fn play_afresh(&mut self, name: &str, course: &Course) -> Result<Played, RunError> {
        if self.can_be_made_anew() {
            self.strike().await;
        }
        let calmly = std::mem::replace(&mut self.calmly, true);
        let played = self.play_once(name, course).await;
        self.calmly = calmly;
        played
    }

    async fn strike(&mut self) {
        self.plays = 0;
        if let Some((mock, stage, _folder)) = self.set.take() {
            stage.strike().await;
            mock.stop().await;
        }
    }

    async fn shrunk(
        &mut self,
        case: u64,
        offence: &Offence,
        patience: &Patience,
        afresh: bool,
    ) -> Result<Course, RunError> {
        let mut tree = self.tree(case)?;
        Shrink { bench: self, offence, patience, afresh }.course(&mut *tree).await
    }

    fn length(course: &Course) -> usize {
        course.steps.len()
    }

    fn words(&self, course: &Course) -> Vec<String> {
        self.names().course(course)
    }

    fn kept(&self, regression: &Regression<Course>) -> String {
        regression.text(&self.names())
    }

    /// After it comes an honest request to each call: that strangers are turned away shows only where others are served.
    fn with_epilogue(&self, course: &Course) -> Course {
        let calls = 0..self.hunted.backend.config.calls.usual().count();
        let honest = calls.map(|call| Step::Ask(Asking { call, user: 0, login: Login::Valid, names: None }));
        let after = [Step::Settle, Step::Key(KeyState::Valid)].into_iter().chain(honest);
        Course { steps: course.steps.iter().cloned().chain(after).collect() }
    }

    fn lacks(&self, course: &Course) -> Option<String> {
        let restarts = course.restarts() && !self.can_be_made_anew();
        restarts.then(|| "the subject was running already: it can't be restarted".to_owned())
    }
}

/// True if the backend called the vendor while no app had asked for anything.
fn works_unasked(events: &[Arc<Event>]) -> bool {
    let mut open = BTreeSet::new();
    events.iter().any(|event| match &event.event {
        What::Request(request) if request.leg == Leg::AppToBackend => {
            open.insert(request.exchange);
            false
        }
        What::Request(request) => request.leg == Leg::BackendToVendor && open.is_empty(),
        What::Response(response) => {
            open.remove(&response.exchange);
            false
        }
        What::SendFailed { exchange, .. } => {
            open.remove(exchange);
            false
        }
        _ => false,
    })
}
