//! The generator of cases. The state of an install decides which steps are likely; rare steps keep a fair share.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy};
use proptest::prop_oneof;
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Union, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use proptest_state_machine::Sequential;
use standin_contracts::contract::Contract;
use standin_contracts::protocol::{CommandName, KeyKind, Millis, SdkCommandName};
use standin_mock_server::fault::{
    BlackHole, CaptivePortal, Drip, Fault, Latency, Moment, Redirect, ResetAfterCommit, ResetBeforeCommit, RetryAfter,
    Status, Throttle, TruncatedBody,
};
use standin_mock_server::{InstallStatus, KeyState};

use super::model::{Install, Model};
use super::step::{Doing, FaultBurst, SdkCase, SdkStep, Who};
use crate::adapter::About;
use crate::network::OTHER_ORIGIN;

/// How many installs a case has at most.
const INSTALLS: usize = 4;
const USERS: usize = 3;
/// More categories than any vendor has: larger numbers wrap around.
const CATEGORIES: usize = 6;
const STATUSES: &[u16] = &[400, 401, 403, 404, 408, 409, 413, 422, 425, 429, 500, 502, 503, 504];

/// What cases are generated from: the vendor's contract, and the commands and capabilities of the SDK.
#[derive(Debug, Clone)]
pub struct GeneratorConfig {
    contract: Arc<Contract>,
    can: BTreeSet<SdkCommandName>,
    keeps_storage: bool,
    copies_storage: bool,
    has_client_key: bool,
    issues: bool,
    /// The steps of the vendor's contract that SDKs call.
    commands: Vec<CommandName>,
    /// The times at which the vendor's facts change something.
    edges: Vec<Millis>,
}

impl GeneratorConfig {
    /// Settings for a contract and an adapter.
    pub fn of(contract: &Arc<Contract>, about: &About) -> Self {
        let has = |name: &str| about.capabilities.iter().any(|one| one == name);
        let commands = SdkCommandName::ALL.iter().copied().filter(|command| command.is_given_to(false));
        let can: BTreeSet<SdkCommandName> =
            commands.filter(|command| command.is_core_of(false) || has(command.as_str())).collect();
        Self {
            keeps_storage: has("storage:same"),
            copies_storage: has("storage:clone"),
            has_client_key: contract.schemes.iter().any(|scheme| scheme.kind == KeyKind::Client),
            issues: contract.has(CommandName::IssueCredential),
            commands: commands_of_sdks(contract),
            edges: edges(contract),
            contract: contract.clone(),
            can,
        }
    }

    /// Whether the SDK carries out this command.
    pub fn can(&self, command: SdkCommandName) -> bool {
        self.can.contains(&command)
    }

    /// The case of this many steps that follows from a seed and a number.
    ///
    /// # Errors
    /// If none can be generated, with the reason.
    pub fn case(&self, seed: u64, number: u64, steps: usize) -> Result<SdkCase, String> {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&number.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let config = Config { failure_persistence: None, ..Config::default() };
        let tree = self.sequences(seed, steps).new_tree(&mut TestRunner::new_with_rng(config, rng));
        let (_, steps, _) = tree.map_err(|why| why.to_string())?.current();
        Ok(SdkCase { steps })
    }

    fn sequences(&self, seed: u64, steps: usize) -> Sequential<Model, SdkStep, Just<Model>, BoxedStrategy<SdkStep>> {
        let (contract, config) = (self.contract.clone(), self.clone());
        Sequential::new(
            steps.into(),
            move || Just(Model::new(contract.clone(), seed)),
            |model, step| step.who().is_none_or(|who| who < model.installs().len()),
            move |model| config.next(model),
            Model::after,
        )
    }

    fn next(&self, model: &Model) -> BoxedStrategy<SdkStep> {
        let mut choices = Vec::new();
        for (who, install) in model.installs().iter().enumerate() {
            choices.extend(self.at_install(who, install, model.install_status(who)));
        }
        // Steps of no single install stay as likely for any number of installs.
        let many = u32::try_from(model.installs().len()).unwrap_or(1);
        choices.extend(self.beside(model).into_iter().map(|(weight, step)| (weight * many, step)));
        any_of(choices)
    }

    /// Steps that may happen at one install.
    fn at_install(&self, who: Who, install: &Install, install_status: Option<InstallStatus>) -> Vec<Choice> {
        let mut choices = self.of_device(who);
        if !install.runs {
            choices.push((40, Just(SdkStep::Launch(who)).boxed()));
            return choices;
        }
        let is_active = install_status == Some(InstallStatus::Active);
        let creates = match install_status {
            None => 24,
            Some(InstallStatus::Active | InstallStatus::Expired) => 4,
            Some(_) => 12,
        };
        choices.push((creates, user().prop_map(move |user| SdkStep::Create { who, user, times: 1 }).boxed()));
        choices.extend(self.creations(who));
        choices.extend(self.syncs(who, install, is_active));
        choices.extend(self.pushes(who, is_active));
        choices.extend(self.leaving(who, install_status.is_some()));
        choices.push((4, self.asleep().prop_map(move |asleep| SdkStep::Restart { who, asleep }).boxed()));
        choices.push((3, self.kill_during(who)));
        choices.push((1, Just(SdkStep::Kill(who)).boxed()));
        choices
    }

    /// Steps that may happen to a device, whether or not the app runs.
    fn of_device(&self, who: Who) -> Vec<Choice> {
        let grant =
            (0..CATEGORIES, flag()).prop_map(move |(category, allowed)| SdkStep::Grant { who, category, allowed });
        let clocks = select(vec![-86_400, -300, 0, 300, 86_400]);
        vec![
            (self.if_able(SdkCommandName::Grant, 4), grant.boxed()),
            (
                self.if_able(SdkCommandName::Network, 4),
                flag().prop_map(move |online| SdkStep::Network { who, online }).boxed(),
            ),
            (
                self.if_able(SdkCommandName::DeviceClock, 1),
                clocks.prop_map(move |seconds| SdkStep::DeviceClock { who, seconds }).boxed(),
            ),
            (1, Just(SdkStep::Reinstall { who, keeps: false }).boxed()),
            (u32::from(self.keeps_storage), Just(SdkStep::Reinstall { who, keeps: true }).boxed()),
            (1, Just(SdkStep::SwitchOff(who)).boxed()),
        ]
    }

    /// Unusual ways to create a user.
    fn creations(&self, who: Who) -> Vec<Choice> {
        let at_once = (user(), 2..6_usize).prop_map(move |(user, times)| SdkStep::Create { who, user, times });
        let late = (user(), self.age()).prop_map(move |(user, age)| SdkStep::CreateLate { who, user, age });
        let again = user().prop_map(move |user| SdkStep::CreateAgain { who, user });
        let credentials = u32::from(self.issues);
        let late_ones = if self.has_clock() { credentials } else { 0 };
        vec![(2, at_once.boxed()), (late_ones, late.boxed()), (credentials, again.boxed())]
    }

    fn syncs(&self, who: Who, install: &Install, is_active: bool) -> Vec<Choice> {
        let record = (1..4_usize).prop_map(move |items| SdkStep::Record { who, items });
        let (recording, syncing) = if is_active { (10, 6) } else { (2, 3) };
        let starting = if is_active && !install.syncs { 12 } else { 1 };
        let hurry = if install.waiting > 0 { syncing } else { 1 };
        let hours =
            (1..25_u64).prop_map(move |hours| SdkStep::SetInterval { who, span: Millis::from_secs(hours * 3600) });
        vec![
            (self.if_able(SdkCommandName::Record, recording), record.boxed()),
            (self.if_able(SdkCommandName::StartSync, starting), Just(SdkStep::StartSync(who)).boxed()),
            (self.if_able(SdkCommandName::SyncNow, hurry), Just(SdkStep::SyncNow(who)).boxed()),
            (self.if_able(SdkCommandName::StopSync, 2), Just(SdkStep::StopSync(who)).boxed()),
            (self.if_able(SdkCommandName::SetInterval, 2), hours.boxed()),
        ]
    }

    fn pushes(&self, who: Who, is_active: bool) -> Vec<Choice> {
        let wake = (1..5_usize).prop_map(move |pushes| SdkStep::Wake { who, pushes });
        let likely = if is_active { 4 } else { 1 };
        vec![
            (self.if_able(SdkCommandName::ForwardPush, likely), wake.boxed()),
            (self.if_able(SdkCommandName::ForwardPush, 1), Just(SdkStep::MistakePush(who)).boxed()),
            (self.if_able(SdkCommandName::PushToken, likely), Just(SdkStep::PushToken(who)).boxed()),
        ]
    }

    fn leaving(&self, who: Who, has_session: bool) -> Vec<Choice> {
        let likely = if has_session { 3 } else { 1 };
        vec![
            (self.if_able(SdkCommandName::Reset, likely), Just(SdkStep::Reset(who)).boxed()),
            (self.if_able(SdkCommandName::Forget, 1), Just(SdkStep::Forget(who)).boxed()),
        ]
    }

    fn kill_during(&self, who: Who) -> BoxedStrategy<SdkStep> {
        let at = select(vec![Moment::BeforeCommit, Moment::AfterCommit]);
        let asleep = prop_oneof![Just(Millis::new(0)), self.asleep()];
        let with = move |(doing, at, asleep)| SdkStep::KillDuring { who, doing, at, asleep };
        (self.doing(), at, asleep).prop_map(with).boxed()
    }

    fn doing(&self) -> BoxedStrategy<Doing> {
        let choices = vec![
            (3, user().prop_map(Doing::Create).boxed()),
            (self.if_able(SdkCommandName::SyncNow, 3), Just(Doing::SyncNow).boxed()),
            (self.if_able(SdkCommandName::Reset, 1), Just(Doing::Reset).boxed()),
            (self.if_able(SdkCommandName::Forget, 1), Just(Doing::Forget).boxed()),
        ];
        any_of(choices)
    }

    /// Steps that belong to no single install.
    fn beside(&self, model: &Model) -> Vec<Choice> {
        let many = model.installs().len();
        let has_room = u32::from(many < INSTALLS);
        let copy = if self.copies_storage { Some(0..many) } else { None };
        let copies =
            copy.map_or(Just(None).boxed(), |from| prop_oneof![3 => Just(None), 1 => from.prop_map(Some)].boxed());
        let install = (flag(), copies).prop_map(|(tablet, copy_of)| SdkStep::Install { tablet, copy_of });
        let keys = select(vec![KeyState::Valid, KeyState::Valid, KeyState::Revoked, KeyState::Expired]);
        vec![
            (2 * has_room, install.boxed()),
            (u32::from(self.has_client_key), keys.prop_map(SdkStep::Key).boxed()),
            (self.if_able(SdkCommandName::Advance, 9), short().prop_map(SdkStep::Pass).boxed()),
            (self.if_able(SdkCommandName::Advance, 6), long().prop_map(SdkStep::Pass).boxed()),
            (self.if_able(SdkCommandName::Advance, 2), select(self.edges.clone()).prop_map(SdkStep::Pass).boxed()),
            (10, self.burst().prop_map(SdkStep::Meet).boxed()),
            (2, self.together(many)),
        ]
    }

    fn burst(&self) -> BoxedStrategy<FaultBurst> {
        let with = |(command, fault, times)| FaultBurst { command, fault, times };
        (select(self.commands.clone()), self.fault(), 1..5_u64).prop_map(with).boxed()
    }

    /// Every fault that ends by itself or when its client gives up. Faults that take time are only for an SDK whose
    /// time can be moved. Holding a request is a step of its own.
    fn fault(&self) -> BoxedStrategy<Fault> {
        if self.has_clock() { prop_oneof![21 => quick_fault(), 14 => slow_fault()].boxed() } else { quick_fault() }
    }

    fn has_clock(&self) -> bool {
        self.can(SdkCommandName::Advance)
    }

    /// Two or three branches of commands that overlap, at one install or several.
    fn together(&self, many: usize) -> BoxedStrategy<SdkStep> {
        let branch = vec(self.overlapping(many), 1..=2);
        let order = vec(0..4_usize, 0..=6);
        (vec(branch, 2..=3), order).prop_map(|(branches, order)| SdkStep::Together { branches, order }).boxed()
    }

    fn overlapping(&self, many: usize) -> BoxedStrategy<SdkStep> {
        let who = move || 0..many;
        let choices = vec![
            (4, (who(), user()).prop_map(|(who, user)| SdkStep::Create { who, user, times: 1 }).boxed()),
            (
                2 * u32::from(self.issues),
                (who(), user()).prop_map(|(who, user)| SdkStep::CreateAgain { who, user }).boxed(),
            ),
            (self.if_able(SdkCommandName::Record, 2), who().prop_map(|who| SdkStep::Record { who, items: 1 }).boxed()),
            (self.if_able(SdkCommandName::SyncNow, 4), who().prop_map(SdkStep::SyncNow).boxed()),
            (
                self.if_able(SdkCommandName::ForwardPush, 1),
                who().prop_map(|who| SdkStep::Wake { who, pushes: 1 }).boxed(),
            ),
            (self.if_able(SdkCommandName::Reset, 2), who().prop_map(SdkStep::Reset).boxed()),
            (self.if_able(SdkCommandName::StopSync, 1), who().prop_map(SdkStep::StopSync).boxed()),
            (self.if_able(SdkCommandName::Forget, 1), who().prop_map(SdkStep::Forget).boxed()),
        ];
        any_of(choices)
    }

    /// How long an app is not running.
    fn asleep(&self) -> BoxedStrategy<Millis> {
        if self.has_clock() { short() } else { Just(Millis::new(0)).boxed() }
    }

    /// The age of a credential: short, long, or around its expiry.
    fn age(&self) -> BoxedStrategy<Millis> {
        prop_oneof![1 => long(), 1 => select(self.edges.clone())].boxed()
    }

    fn if_able(&self, command: SdkCommandName, weight: u32) -> u32 {
        if self.can(command) { weight } else { 0 }
    }
}

/// A step with its weight.
type Choice = (u32, BoxedStrategy<SdkStep>);

/// One of these choices, by weight.
fn any_of<T: std::fmt::Debug + 'static>(mut choices: Vec<(u32, BoxedStrategy<T>)>) -> BoxedStrategy<T> {
    choices.retain(|(weight, _)| *weight > 0);
    Union::new_weighted(choices).boxed()
}

fn commands_of_sdks(contract: &Contract) -> Vec<CommandName> {
    let asks = |command: &CommandName| {
        let mut operations = contract.operations.iter();
        operations.any(|one| one.command == *command && !one.asks_for(KeyKind::Server, &contract.schemes))
    };
    let mut commands = contract.commands();
    commands.retain(|command| asks(command) && !command.is_webhook());
    commands
}

/// The lengths of time at which the vendor's facts change something, with a moment to each side.
fn edges(contract: &Contract) -> Vec<Millis> {
    let facts = &contract.facts;
    let edges = [facts.credential.lifetime.value, facts.session.lifetime.value];
    let interval = facts.sync.interval.value.0;
    let around =
        |edge: Millis| [edge.get().saturating_sub(1), edge.get(), edge.get().saturating_add(1)].map(Millis::new);
    let most = Millis::from_secs(60 * 86_400);
    edges
        .into_iter()
        .chain(interval)
        .filter(|edge| *edge < most)
        .flat_map(around)
        .chain([Millis::from_secs(60)])
        .collect()
}

fn user() -> std::ops::Range<usize> {
    0..USERS
}

fn short() -> BoxedStrategy<Millis> {
    (0..3_600_000_u64).prop_map(Millis::new).boxed()
}

/// From an hour to three days, and rarely weeks.
fn long() -> BoxedStrategy<Millis> {
    let hours = (3600..3 * 86_400_u64).prop_map(Millis::from_secs);
    let weeks = (1..5_u64).prop_map(|weeks| Millis::from_secs(weeks * 7 * 86_400));
    prop_oneof![9 => hours, 1 => weeks].boxed()
}

fn flag() -> BoxedStrategy<bool> {
    prop_oneof![Just(true), Just(false)].boxed()
}

fn quick_fault() -> BoxedStrategy<Fault> {
    // Where the harness has another origin of its own, the player puts it in its place.
    let redirect = |status: u16| Fault::Redirect(Redirect { status, to: format!("{OTHER_ORIGIN}/") });
    prop_oneof![
        8 => select(STATUSES).prop_map(|status| Fault::Status(Status::plain(status))),
        4 => Just(Fault::ResetBeforeCommit(ResetBeforeCommit {})),
        4 => Just(Fault::ResetAfterCommit(ResetAfterCommit {})),
        2 => Just(Fault::TruncatedBody(TruncatedBody { keep: None })),
        2 => Just(Fault::CaptivePortal(CaptivePortal {})),
        1 => select(vec![307, 308]).prop_map(redirect),
    ]
    .boxed()
}

fn slow_fault() -> BoxedStrategy<Fault> {
    let minutes = |most: u64| (1..most).prop_map(|minutes| Millis::from_secs(minutes * 60));
    prop_oneof![
        4 => (1..60_u64).prop_map(|seconds| Fault::Latency(Latency { span: Millis::from_secs(seconds) })),
        2 => Just(Fault::BlackHole(BlackHole {})),
        2 => Just(Fault::Drip(Drip { every: Millis::from_secs(5) })),
        2 => (1..600_u32).prop_map(|seconds| throttled(RetryAfter::Seconds(seconds))),
        2 => minutes(30).prop_map(|span| throttled(RetryAfter::DateAfter(span))),
        2 => select(vec!["soon", "-5"]).prop_map(|text| throttled(RetryAfter::Text(text.to_owned()))),
    ]
    .boxed()
}

fn throttled(retry_after: RetryAfter) -> Fault {
    Fault::Throttle(Throttle { retry_after: Some(retry_after) })
}
