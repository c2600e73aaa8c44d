//! Cases: what apps, backends and operators may do to a vendor, and how much time passes in between.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// One move of a case. What it picks from is what was heard by then.
#[derive(Debug, Clone)]
pub(crate) enum Move {
    Wait(Wait),
    /// The vendor's operator switches off one of the installs that were heard of.
    SwitchOff(Index),
    /// Somebody asks the vendor for something.
    Ask(Box<Ask>),
}

#[derive(Debug, Clone)]
pub(crate) enum Wait {
    /// So many milliseconds.
    Millis(u64),
    /// Until so many milliseconds after one of the moments ahead at which something ends.
    UntilAfterEnd(Index, i64),
}

/// A request in the making: a vendor's contract takes from it what its operation has a place for.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) operation: Index,
    /// True if it shall be one of those that lead to a session, without which most others are refused.
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
    /// As the vendor named the last one.
    Latest,
    /// By a name of one's own.
    Own(&'static str),
}

/// The key that a request submits.
#[derive(Debug, Clone)]
pub(crate) enum Key {
    /// What the operation asks for; of sessions' tokens one of those that were heard.
    Good(Index),
    /// One of the vendor's keys, or a text that is none.
    Text(&'static str),
    Missing,
    /// A session's token, in the place of whatever key is asked for.
    Session(Index),
    LatestSession,
}

/// What is wrong with a request besides.
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

/// Cases in which much can come together.
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

/// A name of one's own, or `heard` times as often one that was heard, and as often the latest.
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
