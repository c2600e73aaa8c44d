//! Where courses are played and judged: one stage for many cases, and a fresh one when it matters.
//!
//! Between cases the vendor's world goes on: what a backend has learned of it, its users and credentials in stock, stays
//! good, so that nothing is held against a backend that only remembers. Each case begins with a valid key, without faults,
//! and is judged by its own events alone. A failure is confirmed with a new vendor and a backend that was started for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use standin_contracts::history::{Event, Leg, What};
use standin_contracts::ledger::Level;
use standin_contracts::rules::{self, Judgement, Verdict};
use standin_mock_server::MockServer;
use tempfile::TempDir;

use super::Hunted;
use super::play::Player;
use super::step::Course;
use crate::driver::Halt;
use crate::run::{RunError, Setting};
use crate::stage::Stage;

/// What a course led to that must not be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Offence {
    /// This rule is broken.
    Rule(String),
    /// The backend ended by itself.
    Ended,
    /// The backend never answered its app.
    Silent,
}

/// A course that was played, and what the judge says of it.
#[derive(Clone)]
pub(super) struct Played {
    /// Every rule's judgement of this course alone.
    pub(super) judgements: Vec<Judgement>,
    /// How the course ended early, if it did.
    pub(super) halt: Option<String>,
    /// The course's events.
    pub(super) events: Vec<Arc<Event>>,
    halted_as: Option<Offence>,
}

/// Where courses are played.
pub(super) struct Bench<'p> {
    pub(super) hunted: Hunted<'p>,
    set: Option<(MockServer, Stage, TempDir)>,
    /// True once the backend was seen to work after it had answered: from then on it gets time between two requests.
    calmly: bool,
    /// How many courses were played on the stage that stands.
    plays: u32,
}

/// How many courses are played before vendor and backend are made anew: what new users leave behind adds up.
const RENEW_AFTER: u32 = 250;

impl Offence {
    /// The offence as files and reports name it.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Rule(rule) => rule,
            Self::Ended => "subject/ended",
            Self::Silent => "subject/silent",
        }
    }

    /// The offence of this name, if there is one.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        match name {
            "subject/ended" => Ok(Self::Ended),
            "subject/silent" => Ok(Self::Silent),
            rule => rules::find(rule).map(|rule| Self::Rule(rule.name.to_owned())).map_err(|error| error.to_string()),
        }
    }
}

impl Played {
    /// Everything that must not be. What only should not be counts if it is all that is asked for.
    pub(super) fn offences(&self, only: Option<&str>) -> BTreeSet<Offence> {
        let must = |one: &&Judgement| {
            let binds = one.level == Some(Level::Must) && !one.note;
            one.verdict == Verdict::Broken && (binds || only == Some(&one.rule))
        };
        let rules = self.judgements.iter().filter(must).map(|one| Offence::Rule(one.rule.clone()));
        rules.chain(self.halted_as.clone()).collect()
    }

    /// True if this came of it.
    pub(super) fn shows(&self, offence: &Offence) -> bool {
        match offence {
            Offence::Rule(rule) => self.judgement(rule).is_some_and(|one| one.verdict == Verdict::Broken),
            other => self.halted_as.as_ref() == Some(other),
        }
    }

    /// A rule's judgement.
    pub(super) fn judgement(&self, rule: &str) -> Option<&Judgement> {
        self.judgements.iter().find(|one| one.rule == rule)
    }
}

impl<'p> Bench<'p> {
    pub(super) fn new(hunted: Hunted<'p>) -> Self {
        Self { hunted, set: None, calmly: false, plays: 0 }
    }

    /// Plays a course on the stage that stands, or on a new one. A backend that turns out to work after it has answered
    /// gets to play it again, with time for that.
    pub(super) async fn play(&mut self, name: &str, course: &Course) -> Result<Played, RunError> {
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

    /// Plays a course on a stage that was set for it, calmly. A backend that was running before can't be made anew.
    pub(super) async fn play_afresh(&mut self, name: &str, course: &Course) -> Result<Played, RunError> {
        if self.can_be_made_anew() {
            self.strike().await;
        }
        let calmly = std::mem::replace(&mut self.calmly, true);
        let played = self.play_once(name, course).await;
        self.calmly = calmly;
        played
    }

    fn can_be_made_anew(&self) -> bool {
        self.hunted.backend.can_restart()
    }

    async fn play_once(&mut self, name: &str, course: &Course) -> Result<Played, RunError> {
        let (mock, stage, folder) = match self.set.take() {
            Some(set) => set,
            None => match self.hunted.plan.set_stage(self.hunted.backend).await? {
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
        let ended = player.course(course).await;
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

    /// Ends what stands.
    pub(super) async fn strike(&mut self) {
        self.plays = 0;
        if let Some((mock, stage, _folder)) = self.set.take() {
            stage.strike().await;
            mock.stop().await;
        }
    }
}

impl Played {
    fn halted(message: String, how: Offence) -> Self {
        Self { judgements: Vec::new(), halt: Some(message), events: Vec::new(), halted_as: Some(how) }
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
