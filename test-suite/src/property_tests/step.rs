//! A generated case of a client backend, and its steps.
//!
//! Steps hold indices and need no step before them. So every sub-sequence of a case is a case, and shrinking may
//! leave out any step.

use serde::{Deserialize, Serialize};
use standin_contracts::history::Login;
use standin_contracts::protocol::{CommandName, Millis};
use standin_mock_server::{Fault, KeyState};

/// A generated case, played from its first step to its last.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Case {
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// One step of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// An app asks its backend.
    Ask(Asking),
    /// An app asks, and its SDK signs in with the result.
    SignIn(Asking),
    /// A new user signs up. If the sign-up succeeds, the user's app makes every usual call and its SDK signs in.
    SignUp {
        /// The id that the new user asks for.
        wants: String,
    },
    /// Several apps ask at once.
    AskAtOnce(Vec<Asking>),
    /// An app asks, and something else happens while the vendor holds the call that this leads to.
    AskWhile {
        /// The app's request.
        ask: Asking,
        /// What the vendor does with the call.
        parked: Parking,
        /// What happens meanwhile.
        meanwhile: Vec<Meanwhile>,
    },
    /// The vendor's next answers fail.
    Fault {
        /// The kind of fault.
        fault: Fault,
        /// The command that fails; `None` for all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<CommandName>,
        /// How many answers fail.
        next: u64,
    },
    /// The server key changes its state.
    Key(KeyState),
    /// Sandbox time passes.
    Pass(Millis),
    /// The backend is killed and started again.
    Restart,
    /// Faults end, and all work under way is waited for.
    Settle,
}

/// An app's request to its backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asking {
    /// The index of the app's call.
    pub call: usize,
    /// The index of the app's user.
    pub user: usize,
    /// The kind of login that it presents.
    #[serde(default = "valid", skip_serializing_if = "is_valid")]
    pub login: Login,
    /// The other user that it names, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Impersonation>,
}

/// How an app names another user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impersonation {
    /// The index of that user.
    pub victim: usize,
    /// Which of the user's possible ids it gives.
    pub id: usize,
}

/// What the vendor does with a call that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parking {
    /// Holds it before carrying it out, and goes on later.
    BeforeCommit,
    /// Carries it out, and answers later.
    AfterCommit,
    /// Never answers; the connection breaks later.
    Silence,
}

/// What happens while a call is parked. Time stands still then, so that a wait for the vendor doesn't seem to last
/// days.
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

// serde passes a reference.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_valid(login: &Login) -> bool {
    *login == Login::Valid
}

fn valid() -> Login {
    Login::Valid
}

impl Asking {
    /// The indices of the users that the request is about.
    fn users_mut(&mut self) -> impl Iterator<Item = &mut usize> {
        std::iter::once(&mut self.user).chain(self.names.as_mut().map(|impersonation| &mut impersonation.victim))
    }
}

impl Step {
    /// The concurrent parts of it as steps one after another; `None` if it has only one part.
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
    /// Whether the backend is restarted in it.
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

    /// Replaces the indices of users and calls by those that `user` and `call` return for them.
    ///
    /// # Errors
    /// The first error of either.
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
