//! One step of a generated course of events, and the course itself.
//!
//! Steps hold indices, and whatever a step needs is there without the steps before it: so every sub-sequence of a course is
//! a course, and a long one can be shortened by leaving steps out.

use serde::{Deserialize, Serialize};
use standin_contracts::history::Login;
use standin_contracts::protocol::{CommandName, Millis};
use standin_mock_server::{Fault, KeyState};

/// A course of events, to be played from its first step to its last.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Case {
    /// Its steps.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// An app asks its backend.
    Ask(Asking),
    /// An app asks, and its SDK signs in with what it got.
    SignIn(Asking),
    /// Somebody signs up, and if that is taken, the new user's app makes every usual call and its SDK signs in.
    SignUp {
        /// The id that the new user wants.
        wants: String,
    },
    /// Several apps ask at once.
    AskAtOnce(Vec<Asking>),
    /// An app asks, and while the vendor sits on the call that this leads to, something else happens.
    AskWhile {
        /// Who asks.
        ask: Asking,
        /// What the vendor does with the call.
        parked: Parking,
        /// What happens meanwhile.
        meanwhile: Vec<Meanwhile>,
    },
    /// The vendor's next answers go wrong.
    Fault {
        /// How.
        fault: Fault,
        /// On which command; on every one if not told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<CommandName>,
        /// How many answers.
        next: u64,
    },
    /// The server key changes its state.
    Key(KeyState),
    /// Sandbox time passes.
    Pass(Millis),
    /// The backend is killed and started again.
    Restart,
    /// Faults end, and nothing is under way any more.
    Settle,
}

/// An app's request to its backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asking {
    /// Which of the app's calls.
    pub call: usize,
    /// Whose app.
    pub user: usize,
    /// What it shows as its login.
    #[serde(default = "valid", skip_serializing_if = "is_valid")]
    pub login: Login,
    /// Whom it names, if it names another user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Impersonation>,
}

/// How an app names another user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impersonation {
    /// The user.
    pub victim: usize,
    /// Which of the ids that the user may have.
    pub id: usize,
}

/// What the vendor does with a call on which it sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parking {
    /// It has done nothing yet, and goes on later.
    BeforeCommit,
    /// It has done it, and answers later.
    AfterCommit,
    /// It says nothing, and later the connection breaks.
    Silence,
}

/// What happens while a call is parked. Time doesn't pass then: who waits for the vendor must not seem to have waited for days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Meanwhile {
    /// Another app asks.
    Ask(Asking),
    /// The server key changes its state.
    Key(KeyState),
    /// The backend is killed and started again.
    Restart,
}

// serde asks for a reference.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_valid(login: &Login) -> bool {
    *login == Login::Valid
}

fn valid() -> Login {
    Login::Valid
}

impl Asking {
    /// The indices of the users whom the request is about.
    fn users_mut(&mut self) -> impl Iterator<Item = &mut usize> {
        std::iter::once(&mut self.user).chain(self.names.as_mut().map(|impersonation| &mut impersonation.victim))
    }
}

impl Step {
    /// What happens at once in it, as steps one after another; nothing if it is one thing.
    pub(super) fn apart(&self) -> Option<Vec<Self>> {
        match self {
            Self::AskAtOnce(asks) => Some(asks.iter().copied().map(Self::Ask).collect()),
            Self::AskWhile { ask, meanwhile, .. } => {
                let others = meanwhile.iter().map(|act| match act {
                    Meanwhile::Ask(ask) => Self::Ask(*ask),
                    Meanwhile::Key(state) => Self::Key(*state),
                    Meanwhile::Restart => Self::Restart,
                });
                Some(std::iter::once(Self::Ask(*ask)).chain(others).collect())
            }
            _ => None,
        }
    }
}

impl Case {
    /// True if the backend is restarted in it.
    pub fn restarts(&self) -> bool {
        self.steps.iter().any(|step| match step {
            Step::Restart => true,
            Step::AskWhile { meanwhile, .. } => meanwhile.contains(&Meanwhile::Restart),
            _ => false,
        })
    }

    /// Every request that an app makes in it.
    pub(super) fn askings_mut(&mut self) -> impl Iterator<Item = &mut Asking> {
        self.steps.iter_mut().flat_map(|step| -> Vec<&mut Asking> {
            match step {
                Step::Ask(ask) | Step::SignIn(ask) => vec![ask],
                Step::AskAtOnce(asks) => asks.iter_mut().collect(),
                Step::AskWhile { ask, meanwhile, .. } => {
                    let others = meanwhile.iter_mut().filter_map(|act| match act {
                        Meanwhile::Ask(ask) => Some(ask),
                        _ => None,
                    });
                    std::iter::once(ask).chain(others).collect()
                }
                _ => Vec::new(),
            }
        })
    }

    /// Replaces the indices of users and calls by those that `user` and `call` give for them.
    ///
    /// # Errors
    /// The first error of theirs.
    pub(super) fn renumber<E>(
        &mut self,
        user: impl Fn(usize) -> Result<usize, E>,
        call: impl Fn(usize) -> Result<usize, E>,
    ) -> Result<(), E> {
        for asking in self.askings_mut() {
            asking.call = call(asking.call)?;
            for index in asking.users_mut() {
                *index = user(*index)?;
            }
        }
        Ok(())
    }
}
