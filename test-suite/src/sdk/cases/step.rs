//! The steps of a generated case.
//!
//! Steps refer to installs and users by number. Numbers are resolved when a step is played, and a step about a
//! missing install does nothing. So every sub-sequence of a case is a case, and shrinking may leave out any step.

use serde::{Deserialize, Serialize};
use standin_contracts::contract::Contract;
use standin_contracts::protocol::{CommandName, Millis};
use standin_mock_server::fault::Moment;
use standin_mock_server::{Fault, KeyState};

/// The number of an install in its case, in the order of creation, from 0.
pub type Who = usize;

/// A generated case. It begins with the first start of the app on one phone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SdkCase {
    /// Its steps, in order.
    pub steps: Vec<SdkStep>,
}

/// One step of a case. Installs, users and categories are given by their number among the existing ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SdkStep {
    /// The app is put on one more device.
    Install {
        /// True for a tablet, false for a phone.
        tablet: bool,
        /// The install whose storage is copied to it, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        copy_of: Option<Who>,
    },
    /// The app is removed and installed anew: on another device, or on the same one with its stored data.
    Reinstall {
        /// The install.
        who: Who,
        /// Whether the stored data stays.
        keeps: bool,
    },
    /// The app's process starts.
    Launch(Who),
    /// The app's process dies.
    Kill(Who),
    /// The app's process dies, and is started again later.
    Restart {
        /// The install.
        who: Who,
        /// The time until it starts again.
        asleep: Millis,
    },
    /// The app does something, and its process dies while a request of that is at the vendor. It is started again
    /// later.
    KillDuring {
        /// The install.
        who: Who,
        /// What the app does.
        doing: Doing,
        /// Whether the vendor has carried the request out when the process dies.
        at: Moment,
        /// The time until it starts again.
        asleep: Millis,
    },
    /// The user allows or denies a category.
    Grant {
        /// The install.
        who: Who,
        /// The category.
        category: usize,
        /// Whether it is allowed.
        allowed: bool,
    },
    /// The app has a user created or restored.
    Create {
        /// The install.
        who: Who,
        /// The user.
        user: usize,
        /// How many times concurrently.
        times: usize,
    },
    /// The app has a user created with a credential that it obtained earlier.
    CreateLate {
        /// The install.
        who: Who,
        /// The user.
        user: usize,
        /// The age of the credential.
        age: Millis,
    },
    /// The app has a user created with the credential that was obtained last, even if it was used before.
    CreateAgain {
        /// The install.
        who: Who,
        /// The user.
        user: usize,
    },
    /// Some items of each category are recorded.
    Record {
        /// The install.
        who: Who,
        /// The number of items of each category.
        items: usize,
    },
    /// The app asks for periodic syncs.
    StartSync(Who),
    /// The app asks for no more syncs.
    StopSync(Who),
    /// The app asks for a sync at once.
    SyncNow(Who),
    /// The app sets the sync interval.
    SetInterval {
        /// The install.
        who: Who,
        /// The new interval.
        span: Millis,
    },
    /// The vendor's push arrives.
    Wake {
        /// The install.
        who: Who,
        /// How many times.
        pushes: usize,
    },
    /// A push of another sender is handed to the SDK.
    MistakePush(Who),
    /// The app hands its push token to the SDK.
    PushToken(Who),
    /// The app has its user forgotten on the device.
    Reset(Who),
    /// The app has its user erased by the vendor.
    Forget(Who),
    /// The device goes offline, or online again.
    Network {
        /// The install.
        who: Who,
        /// Whether there is a network from now on.
        online: bool,
    },
    /// The device's clock is set off.
    DeviceClock {
        /// The install.
        who: Who,
        /// The offset in seconds.
        seconds: i64,
    },
    /// The vendor switches the install off.
    SwitchOff(Who),
    /// The key inside the app changes its state.
    Key(KeyState),
    /// Time passes.
    Pass(Millis),
    /// The next calls of one step fail.
    Meet(FaultBurst),
    /// Several branches run concurrently. Each request is held at the vendor until all branches have got as far as
    /// they can. Then the held requests go on one after the other.
    Together {
        /// The concurrent branches, each in its own order. Only commands to installs are played.
        branches: Vec<Vec<Self>>,
        /// Which held request goes on next: indices into the held ones, modulo their number.
        order: Vec<usize>,
    },
}

/// What an app does while its process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    /// It has this user created.
    Create(usize),
    /// It asks for a sync.
    SyncNow,
    /// It has its user forgotten on the device.
    Reset,
    /// It has its user erased by the vendor.
    Forget,
}

impl Doing {
    const fn alone(self, who: Who) -> SdkStep {
        match self {
            Self::Create(user) => SdkStep::Create { who, user, times: 1 },
            Self::SyncNow => SdkStep::SyncNow(who),
            Self::Reset => SdkStep::Reset(who),
            Self::Forget => SdkStep::Forget(who),
        }
    }
}

/// A fault for the next calls of one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultBurst {
    /// The step that fails.
    pub command: CommandName,
    /// The fault.
    pub fault: Fault,
    /// How many calls fail.
    pub times: u64,
}

/// The order in which shrinking leaves steps out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Deed,
    Fault,
    Time,
}

impl SdkCase {
    /// Simpler cases with fewer participants: all steps of one install move to the first install, or all steps of one
    /// user to the first user.
    pub(crate) fn with_fewer(&self) -> Vec<Self> {
        let installs = self.steps.iter().filter(|step| matches!(step, SdkStep::Install { .. })).count();
        let merged = (1..=installs).rev().map(|who| self.without_install(who));
        let users = (1..self.users())
            .rev()
            .map(|user| self.renumbered(&mut |_| {}, &mut |one| *one = if *one == user { 0 } else { *one }));
        merged.chain(users).filter(|case| case != self).collect()
    }

    fn users(&self) -> usize {
        let mut users = 0;
        self.renumbered(&mut |_| {}, &mut |user| users = users.max(*user + 1));
        users
    }

    fn renumbered(&self, install: &mut dyn FnMut(&mut Who), user: &mut dyn FnMut(&mut usize)) -> Self {
        let mut case = self.clone();
        case.steps.iter_mut().for_each(|step| step.each_number(install, user));
        case
    }

    /// The case without one of its added installs: the first install plays its steps.
    fn without_install(&self, gone: Who) -> Self {
        let mut case = self
            .renumbered(&mut |who| *who = if *who == gone { 0 } else { *who - usize::from(*who > gone) }, &mut |_| {});
        let mut nth = 0;
        case.steps.retain(|step| {
            nth += usize::from(matches!(step, SdkStep::Install { .. }));
            !(matches!(step, SdkStep::Install { .. }) && nth == gone)
        });
        case
    }

    /// Refuses a case that can never be played against this vendor.
    pub(crate) fn check(&self, contract: &Contract) -> Result<(), String> {
        if self.steps.is_empty() {
            return Err("`steps` is empty: there is nothing to play".to_owned());
        }
        for step in &self.steps {
            match step {
                SdkStep::Meet(burst) if !contract.has(burst.command) => {
                    return Err(format!("`{}` has no {}", contract.vendor, burst.command));
                }
                SdkStep::Meet(FaultBurst { times: 0, .. }) => return Err("`times` counts from 1".to_owned()),
                SdkStep::Together { branches, .. } if branches.iter().flatten().any(|step| !step.is_command()) => {
                    return Err("only commands to installs can be in `branches`".to_owned());
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl SdkStep {
    /// Whether the step is a single command to an install.
    const fn is_command(&self) -> bool {
        matches!(
            self,
            Self::Create { .. }
                | Self::CreateAgain { .. }
                | Self::Record { .. }
                | Self::StartSync(_)
                | Self::StopSync(_)
                | Self::SyncNow(_)
                | Self::Wake { .. }
                | Self::Reset(_)
                | Self::Forget(_)
        )
    }

    /// The install that the step is about, if there is one.
    pub(crate) fn who(&self) -> Option<Who> {
        let mut who = None;
        self.clone().each_number(&mut |one| who = who.or(Some(*one)), &mut |_| {});
        who.filter(|_| !matches!(self, Self::Install { .. } | Self::Together { .. }))
    }

    /// Visits the numbers of the installs and of the users in it.
    fn each_number(&mut self, install: &mut dyn FnMut(&mut Who), user: &mut dyn FnMut(&mut usize)) {
        match self {
            Self::Create { who, user: whom, .. }
            | Self::CreateLate { who, user: whom, .. }
            | Self::CreateAgain { who, user: whom }
            | Self::KillDuring { who, doing: Doing::Create(whom), .. } => {
                install(who);
                user(whom);
            }
            Self::Reinstall { who, .. }
            | Self::Launch(who)
            | Self::Kill(who)
            | Self::Restart { who, .. }
            | Self::KillDuring { who, .. }
            | Self::Grant { who, .. }
            | Self::Record { who, .. }
            | Self::StartSync(who)
            | Self::StopSync(who)
            | Self::SyncNow(who)
            | Self::SetInterval { who, .. }
            | Self::Wake { who, .. }
            | Self::MistakePush(who)
            | Self::PushToken(who)
            | Self::Reset(who)
            | Self::Forget(who)
            | Self::Network { who, .. }
            | Self::DeviceClock { who, .. }
            | Self::SwitchOff(who)
            | Self::Install { copy_of: Some(who), .. } => install(who),
            Self::Together { branches, .. } => {
                branches.iter_mut().flatten().for_each(|step| step.each_number(install, user));
            }
            Self::Install { copy_of: None, .. } | Self::Key(_) | Self::Pass(_) | Self::Meet(_) => {}
        }
    }

    pub(crate) const fn class(&self) -> Class {
        match self {
            Self::Meet(_) | Self::Key(_) | Self::SwitchOff(_) => Class::Fault,
            Self::Pass(_) => Class::Time,
            _ => Class::Deed,
        }
    }

    /// Replacements for the step, each a little simpler, the simplest first.
    pub(crate) fn simpler(&self) -> Vec<Vec<Self>> {
        let one = |step: Self| vec![step];
        match self {
            Self::Restart { who, asleep } if asleep.get() > 0 => {
                shorter(*asleep).map(|asleep| one(Self::Restart { who: *who, asleep })).collect()
            }
            Self::KillDuring { who, doing, at, asleep } => {
                let with = |asleep| one(Self::KillDuring { who: *who, doing: *doing, at: *at, asleep });
                std::iter::once(one(doing.alone(*who))).chain(shorter(*asleep).map(with)).collect()
            }
            Self::Create { who, user, times } if *times > 2 => vec![
                one(Self::Create { who: *who, user: *user, times: 1 }),
                one(Self::Create { who: *who, user: *user, times: 2 }),
            ],
            Self::Create { who, user, times: 2 } => vec![one(Self::Create { who: *who, user: *user, times: 1 })],
            Self::CreateLate { who, user, age } => {
                let plain = one(Self::Create { who: *who, user: *user, times: 1 });
                let with = |age| one(Self::CreateLate { who: *who, user: *user, age });
                std::iter::once(plain).chain(shorter(*age).filter(|age| age.get() > 0).map(with)).collect()
            }
            Self::Record { who, items } if *items > 1 => vec![one(Self::Record { who: *who, items: 1 })],
            Self::Wake { who, pushes } if *pushes > 1 => {
                (1..*pushes).map(|pushes| one(Self::Wake { who: *who, pushes })).collect()
            }
            Self::Pass(span) => {
                shorter(*span).filter(|span| span.get() > 0).map(|span| one(Self::Pass(span))).collect()
            }
            Self::Meet(burst) if burst.times > 1 => {
                let with = |times| one(Self::Meet(FaultBurst { times, ..burst.clone() }));
                [1, burst.times / 2].into_iter().filter(|times| *times > 0).map(with).collect()
            }
            Self::Install { tablet: true, copy_of } => {
                vec![one(Self::Install { tablet: false, copy_of: *copy_of })]
            }
            Self::Together { branches, order } => apart(branches, order),
            _ => Vec::new(),
        }
    }
}

/// Simpler times: none, shorter round ones, half of it, then the next round ones.
fn shorter(span: Millis) -> impl Iterator<Item = Millis> {
    const HOUR: u64 = 3_600_000;
    const ROUND: [u64; 6] = [0, 1_000, 60_000, HOUR, 24 * HOUR, 7 * 24 * HOUR];
    let (span, half) = (span.get(), span.get() / 2);
    let halves = std::iter::once(half).filter(|half| !ROUND.contains(half) && *half > 60_000);
    // A round time is not made longer.
    let steps = [24 * HOUR, HOUR, 60_000].into_iter().filter(move |step| span > *step && !span.is_multiple_of(60_000));
    let next = steps.map(move |step| span.div_ceil(step) * step);
    ROUND.into_iter().filter(move |round| *round < span).chain(halves).chain(next).map(Millis::new)
}

/// The branches played one after another; then with one branch, or one step of one, left out.
fn apart(branches: &[Vec<SdkStep>], order: &[usize]) -> Vec<Vec<SdkStep>> {
    let mut simpler = vec![branches.concat()];
    let whole = |branches| vec![SdkStep::Together { branches, order: order.to_vec() }];
    for (place, branch) in branches.iter().enumerate() {
        if branches.len() > 2 {
            let mut fewer = branches.to_vec();
            fewer.remove(place);
            simpler.push(whole(fewer));
        }
        for step in 0..branch.len() {
            let mut shorter = branches.to_vec();
            shorter[place].remove(step);
            if !shorter[place].is_empty() {
                simpler.push(whole(shorter));
            }
        }
    }
    if !order.is_empty() {
        let order = order[..order.len() - 1].to_vec();
        simpler.push(vec![SdkStep::Together { branches: branches.to_vec(), order }]);
    }
    simpler
}
