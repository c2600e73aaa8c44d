//! Plays and judges generated cases of a client backend: one harness for many cases, and a fresh one where needed.
//!
//! Between cases the vendor's state goes on. What a backend has learned of it, such as users and spare credentials,
//! stays valid, so that remembering is no fault. Each case begins with a valid key and without faults, and is judged
//! by its own events alone. A failure is confirmed with a new vendor and a restarted backend.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::strategy::ValueTree;
use standin_contracts::history::{Event, Leg, Login, What};
use standin_mock_server::{KeyState, MockServer};
use tempfile::TempDir;

use super::offence::{CaseResult, Offence};
use super::play::Player;
use super::shrink::{Shrink, ShrinkBudget};
use super::step::{Asking, Case, Step};
use super::subject::Subject;
use super::words::CaseNames;
use super::{PlannedBackend, Regression};
use crate::backend_harness::BackendHarness;
use crate::driver::Halt;
use crate::run::{RunError, Setting};

pub(crate) struct CaseRunner<'p> {
    pub(super) backend: PlannedBackend<'p>,
    set: Option<(MockServer, BackendHarness, TempDir)>,
    /// Whether the backend was seen to work after it had answered. From then on it gets time between two requests.
    calmly: bool,
    /// How many cases were played on the current harness.
    plays: u32,
}

/// How many cases are played before vendor and backend are started anew. Users created by sign-ups add up until then.
const RENEW_AFTER: u32 = 250;

impl<'p> CaseRunner<'p> {
    pub(crate) fn new(backend: PlannedBackend<'p>) -> Self {
        Self { backend, set: None, calmly: false, plays: 0 }
    }

    fn tree(&self, number: u64) -> Result<Box<dyn ValueTree<Value = Case>>, RunError> {
        let tree = self.backend.config().tree(self.backend.plan.seed, number);
        tree.map_err(|why| RunError::Generate(why.to_string()))
    }

    fn names(&self) -> CaseNames {
        CaseNames::of(&self.backend.backend.config)
    }

    fn can_be_made_anew(&self) -> bool {
        self.backend.backend.can_restart()
    }

    async fn play_once(&mut self, name: &str, case: &Case) -> Result<CaseResult, RunError> {
        let (mock, harness, folder) = match self.set.take() {
            Some(set) => set,
            None => match Box::pin(self.backend.plan.build_harness(self.backend.backend)).await? {
                Setting { mock, backend_harness: Ok(harness), folder } => (mock, harness, folder),
                Setting { mock, backend_harness: Err(halt), .. } => {
                    mock.stop().await;
                    return Ok(CaseResult::halted(halt.to_string(), Offence::Ended));
                }
            },
        };
        self.plays += 1;
        let sandbox = mock.sandbox();
        let before = harness.last_seq();
        harness.begin_case(name);
        let player = Player { harness: &harness, calmly: self.calmly || harness.is_done_when_answered().await };
        let ended = Box::pin(player.case(case)).await;
        let events = sandbox.history_after(before, usize::MAX);
        let header = sandbox.header();
        let judgements = self.backend.plan.judgements(&header, events.iter().map(Arc::as_ref));
        let header = Some(header);
        let played = match ended {
            Ok(()) => CaseResult { judgements, halt: None, events, header, halted_as: None },
            Err(halt) => {
                let halted_as =
                    Some(if matches!(halt, Halt::Silent { .. }) { Offence::Silent } else { Offence::Ended });
                CaseResult { judgements, halt: Some(sandbox.redact(&halt.to_string())), events, header, halted_as }
            }
        };
        self.set = Some((mock, harness, folder));
        if played.halt.is_some() {
            self.tear_down().await;
        }
        Ok(played)
    }
}

impl Subject for CaseRunner<'_> {
    type Case = Case;

    const CASES: &'static str = "cases";

    fn plan(&self) -> &crate::run::Plan {
        self.backend.plan
    }

    fn tests(&self) -> &super::PropertyTestPlan<Case> {
        &self.backend.plan.backend_cases
    }

    fn case(&self, number: u64) -> Result<Case, RunError> {
        Ok(self.tree(number)?.current())
    }

    /// Plays a case on the current harness, or on a new one. If the backend turns out to work after it has answered,
    /// the case is played again with time for that.
    async fn play(&mut self, name: &str, case: &Case) -> Result<CaseResult, RunError> {
        if self.plays >= RENEW_AFTER && self.can_be_made_anew() {
            self.tear_down().await;
        }
        let played = self.play_once(name, case).await?;
        if self.calmly || !works_unasked(&played.events) {
            return Ok(played);
        }
        self.calmly = true;
        self.play_once(name, case).await
    }

    /// Plays a case on a harness of its own, with time between requests. A backend that was running before the run
    /// keeps its harness.
    async fn play_afresh(&mut self, name: &str, case: &Case) -> Result<CaseResult, RunError> {
        if self.can_be_made_anew() {
            self.tear_down().await;
        }
        let calmly = std::mem::replace(&mut self.calmly, true);
        let played = self.play_once(name, case).await;
        self.calmly = calmly;
        played
    }

    async fn tear_down(&mut self) {
        self.plays = 0;
        if let Some((mock, harness, _folder)) = self.set.take() {
            harness.tear_down().await;
            mock.stop().await;
        }
    }

    async fn shrunk(
        &mut self,
        number: u64,
        offence: &Offence,
        budget: &ShrinkBudget,
        afresh: bool,
    ) -> Result<Case, RunError> {
        let mut tree = self.tree(number)?;
        Shrink { runner: self, offence, budget, afresh }.case(&mut *tree).await
    }

    fn length(case: &Case) -> usize {
        case.steps.len()
    }

    fn words(&self, case: &Case) -> Vec<String> {
        self.names().case(case)
    }

    fn kept(&self, regression: &Regression<Case>) -> String {
        regression.text(&self.names())
    }

    /// The case followed by a valid request to each call. Rejecting unauthenticated requests counts only if valid
    /// ones are served.
    fn with_epilogue(&self, case: &Case) -> Case {
        let calls = 0..self.backend.backend.config.calls.usual().count();
        let valid = calls.map(|call| Step::Ask(Asking { call, user: 0, login: Login::Valid, names: None }));
        let after = [Step::Settle, Step::Key(KeyState::Valid)].into_iter().chain(valid);
        Case { steps: case.steps.iter().cloned().chain(after).collect() }
    }

    fn lacks(&self, case: &Case) -> Option<String> {
        let restarts = case.restarts() && !self.can_be_made_anew();
        restarts.then(|| "the subject was running already: it can't be restarted".to_owned())
    }
}

/// Whether the backend called the vendor while no app request was open.
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
