//! The generator of cases. Usual steps are frequent, and rare ones keep a fair share. Shrinking leaves steps out
//! before it makes any step simpler.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy};
use proptest::prop_oneof;
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, NewTree, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use standin_contracts::contract::Contract;
use standin_contracts::history::Login;
use standin_contracts::protocol::{CommandName, KeyKind, Millis};
use standin_mock_server::KeyState;
use standin_mock_server::fault::{
    CaptivePortal, Fault, Latency, ResetAfterCommit, ResetBeforeCommit, RetryAfter, Status, Throttle, TruncatedBody,
};

use super::step::{Asking, Case, Impersonation, Meanwhile, Parking, Step};
use crate::driver::BackendConfig;

/// How many of the users take part in one case: few, so that their steps interact.
const PLAYERS: usize = 3;
/// The largest number of steps in a case.
const LONGEST: usize = 14;

/// What cases are generated from.
#[derive(Debug, Clone)]
pub struct GeneratorConfig {
    users: usize,
    calls: usize,
    commands: Vec<CommandName>,
    spans: Vec<Millis>,
    can_restart: bool,
    can_sign_up: bool,
}

impl GeneratorConfig {
    /// The settings for a backend's file and its vendor's contract.
    pub fn of(config: &BackendConfig, contract: &Contract, can_restart: bool) -> Self {
        let of_backends = contract.operations.iter().filter(|one| one.asks_for(KeyKind::Server, &contract.schemes));
        Self {
            users: config.users.len(),
            calls: config.calls.usual().count(),
            commands: of_backends.map(|operation| operation.command).collect(),
            spans: spans(contract),
            can_restart,
            can_sign_up: config.calls.sign_up.is_some(),
        }
    }

    /// The strategy for one case. The users change from case to case, so that few of them have a history.
    pub fn strategy(&self, number: u64) -> BoxedStrategy<Case> {
        let first = (number % self.users.max(1) as u64) as usize;
        vec(self.step(first), 1..=LONGEST).prop_map(|steps| Case { steps }).boxed()
    }

    /// The case of this number; `None` if none can be generated.
    pub fn case(&self, seed: u64, number: u64) -> Option<Case> {
        self.tree(seed, number).ok().map(|tree| tree.current())
    }

    /// The case of this number, still able to shrink. It follows from the seed and the number alone.
    ///
    /// # Errors
    /// If none can be generated.
    pub(super) fn tree(&self, seed: u64, number: u64) -> NewTree<BoxedStrategy<Case>> {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&number.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let config = Config { failure_persistence: None, ..Config::default() };
        self.strategy(number).new_tree(&mut TestRunner::new_with_rng(config, rng))
    }

    fn step(&self, first: usize) -> BoxedStrategy<Step> {
        let usual = prop_oneof![
            8 => self.valid(first).prop_map(Step::Ask),
            4 => self.valid(first).prop_map(Step::SignIn),
            3 => self.unauthenticated(first).prop_map(Step::Ask),
            3 => self.impersonation(first).prop_map(Step::Ask),
            3 => vec(self.asking(first), 2..=8).prop_map(Step::AskAtOnce),
            2 => self.ask_while(first),
            3 => self.fault(),
            2 => key().prop_map(Step::Key),
            2 => select(self.spans.clone()).prop_map(Step::Pass),
            1 => Just(Step::Settle),
        ];
        let (restarts, sign_ups) = (u32::from(self.can_restart), u32::from(self.can_sign_up));
        prop_oneof![29 => usual, restarts => Just(Step::Restart), sign_ups => sign_up()].boxed()
    }

    fn user(&self, first: usize) -> impl Strategy<Value = usize> + use<> {
        let users = self.users.max(1);
        (0..PLAYERS.min(users)).prop_map(move |player| (first + player) % users)
    }

    fn valid(&self, first: usize) -> impl Strategy<Value = Asking> + use<> {
        let make = |(call, user)| Asking { call, user, login: Login::Valid, names: None };
        (0..self.calls.max(1), self.user(first)).prop_map(make)
    }

    fn unauthenticated(&self, first: usize) -> impl Strategy<Value = Asking> + use<> {
        let logins = select(vec![Login::Absent, Login::Unknown, Login::Malformed]);
        (self.valid(first), logins).prop_map(|(ask, login)| Asking { login, ..ask })
    }

    fn impersonation(&self, first: usize) -> impl Strategy<Value = Asking> + use<> {
        let impersonation = (self.user(first), 0..2_usize).prop_map(|(victim, id)| Impersonation { victim, id });
        (self.valid(first), impersonation).prop_map(|(ask, impersonation)| {
            // An app that names its own user makes a usual request.
            let names = (impersonation.victim != ask.user).then_some(impersonation);
            Asking { names, ..ask }
        })
    }

    fn asking(&self, first: usize) -> impl Strategy<Value = Asking> + use<> {
        prop_oneof![6 => self.valid(first), 1 => self.unauthenticated(first), 1 => self.impersonation(first)]
    }

    fn ask_while(&self, first: usize) -> BoxedStrategy<Step> {
        let parked = select(vec![Parking::AfterCommit, Parking::BeforeCommit, Parking::Silence]);
        (self.valid(first), parked, vec(self.meanwhile(first), 0..=3))
            .prop_map(|(ask, parked, meanwhile)| Step::AskWhile { ask, parked, meanwhile })
            .boxed()
    }

    fn meanwhile(&self, first: usize) -> BoxedStrategy<Meanwhile> {
        let usual = prop_oneof![
            6 => self.asking(first).prop_map(Meanwhile::Ask),
            1 => key().prop_map(Meanwhile::Key),
        ];
        if self.can_restart { prop_oneof![15 => usual, 1 => Just(Meanwhile::Restart)].boxed() } else { usual.boxed() }
    }

    fn fault(&self) -> BoxedStrategy<Step> {
        // A late answer would make an SDK wait on a clock that stands still. So faults are for the backend's calls
        // only.
        let commands =
            if self.commands.is_empty() { vec![None] } else { self.commands.iter().copied().map(Some).collect() };
        (faults(), select(commands), 1..4_u64).prop_map(|(fault, on, next)| Step::Fault { fault, on, next }).boxed()
    }
}

/// Lengths of time at which something may change: short ones, long ones, and the limits in the vendor's facts.
fn spans(contract: &Contract) -> Vec<Millis> {
    let facts = &contract.facts;
    let edges = [facts.credential.lifetime.value, facts.read_back.ready_after.value, facts.read_back.ready_for.value];
    let around = |edge: Millis| [edge.get().saturating_sub(1), edge.get(), edge.get() + 1].map(Millis::new);
    let plain = [1, 60, 3600, 86_400, 21 * 86_400].map(Millis::from_secs);
    plain.into_iter().chain(edges.into_iter().flat_map(around)).collect()
}

/// The prefixes of ids that new users ask for: plain ones, and ones that many contracts don't accept.
const WANTED: &[&str] =
    &["new", "NEW", "", "名前", "Zoë", "two words ", " blank ", "a/b?c#d", "-", "<b>\"'</b>", "\u{202e}"];
/// A length that most contracts don't allow.
const LONG: usize = 300;

/// The number in an id is unique, so that the id of one case doesn't collide with another's.
fn sign_up() -> impl Strategy<Value = Step> {
    let long = "x".repeat(LONG);
    let beginnings: Vec<String> = WANTED.iter().map(|text| (*text).to_owned()).chain([long]).collect();
    let numbered = (select(beginnings), proptest::num::u32::ANY.no_shrink());
    numbered.prop_map(|(beginning, number)| Step::SignUp { wants: format!("{beginning}{number}") })
}

fn key() -> impl Strategy<Value = KeyState> {
    select(vec![KeyState::Valid, KeyState::Revoked, KeyState::Expired, KeyState::WithoutScope])
}

/// Every kind of fault that ends by itself. A fault that parks a call needs a release: see [`Step::AskWhile`].
fn faults() -> impl Strategy<Value = Fault> {
    let status = |status| Fault::Status(Status::plain(status));
    let throttle = |retry_after| Fault::Throttle(Throttle { retry_after });
    select(vec![
        status(500),
        status(401),
        status(403),
        status(404),
        status(503),
        throttle(None),
        throttle(Some(RetryAfter::Seconds(1))),
        throttle(Some(RetryAfter::DateAfter(Millis::from_secs(1)))),
        Fault::ResetBeforeCommit(ResetBeforeCommit {}),
        Fault::ResetAfterCommit(ResetAfterCommit {}),
        Fault::TruncatedBody(TruncatedBody { keep: None }),
        Fault::CaptivePortal(CaptivePortal {}),
        Fault::Latency(Latency { span: Millis::new(5) }),
    ])
}
