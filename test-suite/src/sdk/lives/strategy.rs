//! How lives are generated: often what is usual, often enough what is rare.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy};
use proptest::prop_oneof;
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use standin_contracts::contract::Contract;
use standin_contracts::protocol::{CommandName, KeyKind, Millis};
use standin_mock_server::fault::{
    BlackHole, CaptivePortal, Drip, Fault, Latency, ResetAfterCommit, ResetBeforeCommit, RetryAfter, Status, Throttle,
    TruncatedBody,
};

use super::step::{LifeStep, Mishap};

/// How many installs a life has.
pub(super) const INSTALLS: usize = 2;
/// How many users.
const USERS: usize = 3;
/// More categories than any vendor has: the rest wraps around.
const CATEGORIES: usize = 6;
/// Statuses that SDKs meet.
const STATUSES: &[u16] = &[400, 403, 404, 408, 409, 413, 422, 425, 429, 500, 502, 503, 504];

/// The life of so many steps that follows from a seed and a number; nothing if none can be generated.
pub fn generate(contract: &Contract, seed: u64, case: u64, steps: usize) -> Option<Vec<LifeStep>> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&case.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let config = Config { failure_persistence: None, ..Config::default() };
    let life = vec(step(contract), steps).new_tree(&mut TestRunner::new_with_rng(config, rng));
    life.ok().map(|tree| tree.current())
}

fn step(contract: &Contract) -> BoxedStrategy<LifeStep> {
    prop_oneof![20 => usual(), 12 => time(), 8 => rare(), 6 => mishap(contract).prop_map(LifeStep::Meet)].boxed()
}

fn usual() -> BoxedStrategy<LifeStep> {
    let who = || 0..INSTALLS;
    prop_oneof![
        8 => (who(), 1..4_usize).prop_map(|(who, items)| LifeStep::Record(who, items)),
        5 => (who(), 0..USERS).prop_map(|(who, user)| LifeStep::Create(who, user, 1)),
        4 => who().prop_map(LifeStep::StartSync),
        4 => who().prop_map(LifeStep::SyncNow),
        2 => (who(), 1..5_usize).prop_map(|(who, pushes)| LifeStep::Wake(who, pushes)),
        2 => (who(), short()).prop_map(|(who, span)| LifeStep::Restart(who, span)),
    ]
    .boxed()
}

fn rare() -> BoxedStrategy<LifeStep> {
    let who = || 0..INSTALLS;
    prop_oneof![
        3 => (who(), 0..CATEGORIES, any_flag()).prop_map(|(who, what, allowed)| LifeStep::Grant(who, what, allowed)),
        2 => who().prop_map(LifeStep::StopSync),
        3 => who().prop_map(LifeStep::Reset),
        1 => who().prop_map(LifeStep::Forget),
        1 => who().prop_map(LifeStep::MistakePush),
        1 => who().prop_map(LifeStep::Reinstall),
        1 => who().prop_map(LifeStep::SwitchOff),
        4 => (who(), any_flag()).prop_map(|(who, online)| LifeStep::Network(who, online)),
        1 => (who(), select(vec![-86_400, -300, 0, 300, 86_400])).prop_map(|(who, off)| LifeStep::DeviceClock(who, off)),
        1 => (who(), 0..USERS, 2..6_usize).prop_map(|(who, user, times)| LifeStep::Create(who, user, times)),
        1 => (who(), 0..USERS, long()).prop_map(|(who, user, age)| LifeStep::CreateLate(who, user, age)),
        2 => (who(), 1..25_u64).prop_map(|(who, hours)| LifeStep::SetInterval(who, Millis::from_secs(hours * 3600))),
    ]
    .boxed()
}

fn time() -> BoxedStrategy<LifeStep> {
    prop_oneof![3 => short(), 2 => long()].prop_map(LifeStep::Pass).boxed()
}

/// Up to an hour.
fn short() -> BoxedStrategy<Millis> {
    (0..3_600_000_u64).prop_map(Millis::new).boxed()
}

/// Up to three days.
fn long() -> BoxedStrategy<Millis> {
    (3600..3 * 86_400_u64).prop_map(Millis::from_secs).boxed()
}

fn any_flag() -> BoxedStrategy<bool> {
    prop_oneof![Just(true), Just(false)].boxed()
}

fn mishap(contract: &Contract) -> BoxedStrategy<Mishap> {
    let of_sdks = |command: &CommandName| {
        contract
            .operations
            .iter()
            .any(|one| one.command == *command && !one.asks_for(KeyKind::Server, &contract.schemes))
    };
    let mut commands = contract.commands();
    commands.retain(|command| of_sdks(command) && !command.is_webhook());
    (select(commands), fault(), 1..5_u64).prop_map(|(command, fault, times)| Mishap { command, fault, times }).boxed()
}

fn fault() -> BoxedStrategy<Fault> {
    let minutes = |most: u64| (1..most).prop_map(|minutes| Millis::from_secs(minutes * 60));
    prop_oneof![
        4 => select(STATUSES).prop_map(|status| Fault::Status(Status::plain(status))),
        2 => (1..60_u64).prop_map(|seconds| Fault::Latency(Latency { span: Millis::from_secs(seconds) })),
        2 => Just(Fault::ResetBeforeCommit(ResetBeforeCommit {})),
        2 => Just(Fault::ResetAfterCommit(ResetAfterCommit {})),
        1 => Just(Fault::TruncatedBody(TruncatedBody { keep: None })),
        1 => Just(Fault::CaptivePortal(CaptivePortal {})),
        1 => Just(Fault::BlackHole(BlackHole {})),
        1 => Just(Fault::Drip(Drip { every: Millis::from_secs(5) })),
        1 => (1..600_u32).prop_map(|seconds| throttled(RetryAfter::Seconds(seconds))),
        1 => minutes(30).prop_map(|span| throttled(RetryAfter::DateAfter(span))),
        1 => select(vec!["soon", "-5"]).prop_map(|text| throttled(RetryAfter::Text(text.to_owned()))),
    ]
    .boxed()
}

fn throttled(retry_after: RetryAfter) -> Fault {
    Fault::Throttle(Throttle { retry_after: Some(retry_after) })
}
