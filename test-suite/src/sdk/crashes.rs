//! Crash points: an install's process is killed at every event of a scenario, its app starts again, and the scenario
//! goes on.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use parking_lot::Mutex;
use standin_contracts::history::{Event, Leg, What};
use standin_contracts::protocol::SdkCommandName;
use standin_mock_server::fault::{Fault, Hold, Moment};
use standin_mock_server::{FaultId, FaultSpec, When};

use super::harness::SdkHarness;
use super::scenarios::{SCENARIOS, Scenario};
use crate::driver::Halt;

/// A moment in a scenario at which an install's process dies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrashPoint {
    /// The name of the scenario.
    pub scenario: &'static str,
    /// The install, by its label.
    pub install: String,
    /// When its process dies.
    pub at: At,
}

/// A moment of an install in a scenario. Numbers start at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Before the command of this number.
    Command(u64),
    /// While the request of this number is at the vendor, which has carried it out or not.
    Request(u64, Moment),
}

impl fmt::Display for CrashPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, install, at } = self;
        match at {
            At::Command(number) => write!(f, "{scenario}:{install}:command:{number}"),
            At::Request(number, Moment::BeforeCommit) => write!(f, "{scenario}:{install}:request:{number}:before"),
            At::Request(number, Moment::AfterCommit) => write!(f, "{scenario}:{install}:request:{number}:after"),
        }
    }
}

impl FromStr for CrashPoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            let right = "such as relaunch:phone-1:command:3 or relaunch:phone-1:request:2:after";
            format!("`{text}` is no crash point; write one as a run tells it, {right}")
        };
        let parts: Vec<&str> = text.split(':').collect();
        let [scenario, install, rest @ ..] = &parts[..] else { return Err(wrong()) };
        let scenario = SCENARIOS.iter().find(|one| one.name == *scenario).ok_or_else(wrong)?.name;
        let number = |text: &str| text.parse().ok().filter(|number| *number > 0).ok_or_else(wrong);
        let at = match rest {
            ["command", nth] => At::Command(number(nth)?),
            ["request", nth, "before"] => At::Request(number(nth)?, Moment::BeforeCommit),
            ["request", nth, "after"] => At::Request(number(nth)?, Moment::AfterCommit),
            _ => return Err(wrong()),
        };
        Ok(Self { scenario, install: (*install).to_owned(), at })
    }
}

impl CrashPoint {
    pub(crate) fn words(&self) -> String {
        let Self { install, at, .. } = self;
        match at {
            At::Command(number) => format!("the process of {install} dies before command {number}, and starts again"),
            At::Request(number, Moment::BeforeCommit) => {
                format!("the process of {install} dies while its request {number} is at the vendor, and starts again")
            }
            At::Request(number, Moment::AfterCommit) => format!(
                "the process of {install} dies when the vendor has carried out its request {number} and not answered, and starts \
                 again"
            ),
        }
    }

    pub(crate) fn of(&self) -> Option<&'static Scenario> {
        SCENARIOS.iter().find(|scenario| scenario.name == self.scenario)
    }
}

/// All crash points of a scenario, from its history without a crash.
pub(crate) fn points(scenario: &Scenario, events: &[Arc<Event>]) -> Vec<CrashPoint> {
    let mut counts: BTreeMap<(String, bool), u64> = BTreeMap::new();
    let mut points = Vec::new();
    for event in events {
        let (install, is_command) = match &event.event {
            What::Call(call) if !call.by_app => (call.install.clone(), true),
            What::Request(request) if request.leg == Leg::SdkToVendor => match &request.install {
                Some(install) => (install.clone(), false),
                None => continue,
            },
            _ => continue,
        };
        let count = counts.entry((install.clone(), is_command)).or_default();
        *count += 1;
        let point = |at| CrashPoint { scenario: scenario.name, install: install.clone(), at };
        let is_launch = matches!(&event.event, What::Call(call) if call.name == SdkCommandName::Launch);
        match is_command {
            // Before its first command no process runs, and before it is launched again neither.
            true if *count > 1 && !is_launch => points.push(point(At::Command(*count))),
            true => {}
            false => {
                points.extend([Moment::BeforeCommit, Moment::AfterCommit].map(|at| point(At::Request(*count, at))));
            }
        }
    }
    points
}

/// A crash that has not happened yet: an install's process dies before one of its commands.
#[derive(Debug, Default)]
pub(super) struct PendingCrash(Mutex<Option<(String, u64)>>);

impl PendingCrash {
    /// Plans the death of an install's process before its command of this number.
    fn set(&self, install: &str, command: u64) {
        *self.0.lock() = Some((install.to_owned(), command));
    }

    /// Whether the process dies now, before so many commands more.
    pub(super) fn strikes(&self, install: &str, count: u64) -> bool {
        let mut pending_crash = self.0.lock();
        match &mut *pending_crash {
            Some((whose, left)) if whose == install => {
                *left = left.saturating_sub(count);
                if *left == 0 {
                    *pending_crash = None;
                    return true;
                }
                false
            }
            _ => false,
        }
    }
}

impl SdkHarness {
    /// Plays a scenario in which a process dies. Afterwards the app asks for the user again on that install, as an
    /// app does at its next start. Returns why it was not played if a participant can't take part.
    pub(crate) async fn play_with_crash(
        &self,
        scenario: &Scenario,
        point: &CrashPoint,
    ) -> Result<Option<String>, Halt> {
        if let Some(lack) = self.lacks(scenario) {
            return Ok(Some(lack));
        }
        self.begin(scenario.name).await;
        let playing = Box::pin(async {
            match point.at {
                At::Command(number) => {
                    self.pending_crash().set(&point.install, number);
                    (scenario.play)(self).await?;
                }
                At::Request(number, at) => self.play_with_request_cut(scenario, &point.install, number, at).await?,
            }
            self.sandbox().clear_faults();
            self.recover(&point.install).await?;
            self.settle().await
        });
        self.unless_flooded(playing).await.map(|()| None)
    }

    async fn play_with_request_cut(
        &self,
        scenario: &Scenario,
        install: &str,
        number: u64,
        at: Moment,
    ) -> Result<(), Halt> {
        let hold = FaultSpec::new(Fault::Hold(Hold { at })).of(install).when(When::Nth(number));
        let hold = self.sandbox().set_fault(hold).map_err(|error| Halt::Harness(error.to_string()))?;
        let mut playing = (scenario.play)(self);
        let played = tokio::select! {
            biased;
            () = self.holds_one(hold) => None,
            played = &mut playing => Some(played),
        };
        if let Some(played) = played {
            self.sandbox().withdraw_fault(hold);
            return played;
        }
        // What the scenario has begun goes on meanwhile.
        futures::try_join!(self.crash(install, hold), playing).map(drop)
    }

    /// Waits until a fault holds a request.
    async fn holds_one(&self, hold: FaultId) {
        let mut changed = self.sandbox().changed();
        while self.sandbox().held(hold).is_empty() {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }
}
