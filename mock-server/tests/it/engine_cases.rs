//! Generated cases: the calls of apps, backends and operators to a vendor, and the time that passes between them.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// One move of a case. It picks its values from those in earlier answers.
#[derive(Debug, Clone)]
pub(crate) enum Move {
    Wait(Wait),
    /// The vendor's operator disables one of the installs that were in earlier answers.
    SwitchOff(Index),
    /// A client calls the vendor.
    Ask(Box<Ask>),
}

#[derive(Debug, Clone)]
pub(crate) enum Wait {
    /// This many milliseconds.
    Millis(u64),
    /// Until this many milliseconds after one of the known expiry times ahead.
    UntilAfterEnd(Index, i64),
}

/// The values of a request. A vendor's contract uses those that its operation has fields for.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) operation: Index,
    /// Whether the operation is one of those that lead to a session. Without a session, most other operations are
    /// refused.
    pub(crate) signs_in: bool,
    pub(crate) who: &'static str,
    pub(crate) install: Option<Named>,
    pub(crate) device: Option<&'static str>,
    pub(crate) app: Option<&'static str>,
    pub(crate) credential: Option<Named>,
    pub(crate) user: Named,
    pub(crate) tablet: bool,
    pub(crate) refresh: Named,
    pub(crate) batch: &'static str,
    pub(crate) items: Vec<&'static str>,
    pub(crate) key: Key,
    pub(crate) spoilt: Option<Spoilt>,
}

#[derive(Debug, Clone)]
pub(crate) enum Named {
    Heard(Index),
    /// The value in the vendor's latest answer.
    Latest,
    /// A name that the client makes up.
    Own(&'static str),
}

/// The key that a request submits.
#[derive(Debug, Clone)]
pub(crate) enum Key {
    /// A valid key for the operation. If it takes a session, one of the tokens in earlier answers.
    Good(Index),
    /// One of the vendor's keys, or a text that is no key.
    Text(&'static str),
    Missing,
    /// A session's token, in place of any key that the operation takes.
    Session(Index),
    LatestSession,
}

/// A further flaw of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoilt {
    TooLarge,
    Media,
    Body,
    Proof,
}

/// Cases of up to sixty moves.
pub(crate) fn case() -> impl Strategy<Value = Vec<Move>> {
    vec(one_move(), 0..60)
}

/// Cases that are long enough for many conditions to coincide.
pub(crate) fn long_case() -> impl Strategy<Value = Vec<Move>> {
    vec(one_move(), 200)
}

fn one_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        3 => wait().prop_map(Move::Wait),
        2 => any::<Index>().prop_map(Move::SwitchOff),
        14 => ask().prop_map(|ask| Move::Ask(Box::new(ask))),
    ]
}

fn wait() -> impl Strategy<Value = Wait> {
    prop_oneof![
        2 => (0..2_000_u64).prop_map(Wait::Millis),
        1 => (0..60_000_u64).prop_map(Wait::Millis),
        1 => (0..400_000_000_u64).prop_map(Wait::Millis),
        4 => (any::<Index>(), select(vec![-1000, -1, 0, 1])).prop_map(|(end, after)| Wait::UntilAfterEnd(end, after)),
    ]
}

fn ask() -> impl Strategy<Value = Ask> {
    let who = select(vec!["ann", "bob"]);
    let places = (
        option::weighted(0.8, named(&["install-1", "install-2"], 1)),
        option::of(select(vec!["device-1", "device-2"])),
        option::weighted(0.5, select(vec!["app-1", "app-2"])),
    );
    let credential = option::weighted(0.8, named(&["no-credential"], 8));
    let user = named(&["00000000-0000-4000-8000-000000000000"], 4);
    let operation = (any::<Index>(), proptest::bool::weighted(0.4));
    let batch = select(vec!["batch-1", "batch-2"]);
    let items = vec(select(vec!["item-1", "item-2", "item-3"]), 0..4);
    let submitted = (any::<bool>(), named(&["no-refresh"], 4), batch, items);
    (operation, who, places, credential, user, submitted, key(), option::weighted(0.06, spoilt())).prop_map(
        |((operation, signs_in), who, (install, device, app), credential, user, submitted, key, spoilt)| Ask {
            operation,
            signs_in,
            who,
            install,
            device,
            app,
            credential,
            user,
            tablet: submitted.0,
            refresh: submitted.1,
            batch: submitted.2,
            items: submitted.3,
            key,
            spoilt,
        },
    )
}

/// A made-up name. Or, each `heard` times as often, a name from an earlier answer or the latest one.
fn named(own: &'static [&'static str], heard: u32) -> impl Strategy<Value = Named> {
    prop_oneof![
        heard => any::<Index>().prop_map(Named::Heard),
        heard => Just(Named::Latest),
        2 => select(own).prop_map(Named::Own),
    ]
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        14 => any::<Index>().prop_map(Key::Good),
        4 => select(&["no-key", "revoked", "narrow", "ending"][..]).prop_map(Key::Text),
        3 => Just(Key::Text("of-app-1")),
        1 => Just(Key::Missing),
        5 => any::<Index>().prop_map(Key::Session),
        3 => Just(Key::LatestSession),
    ]
}

fn spoilt() -> impl Strategy<Value = Spoilt> {
    select(vec![Spoilt::TooLarge, Spoilt::Media, Spoilt::Body, Spoilt::Proof])
}
