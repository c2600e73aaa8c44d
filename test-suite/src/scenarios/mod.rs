//! Scenarios: scripted sequences of events that produce traffic. They assert nothing; the rules judge what was
//! recorded.

mod app_login;
mod concurrent;
mod erase;
mod key_refused;
mod names_victim;
mod redirected;
mod repeat;
mod restart;
mod result_late;
mod result_never;
mod second_device;
mod several_users;
mod sign_up;
mod vendor_drips;
mod vendor_never_answers;
mod vendor_refuses;
mod vendor_silent;
mod vendor_slow;
mod vendor_throttles;
mod webhook_delayed;
mod webhook_delivered;
mod webhook_repeated;
mod webhook_restart;
mod webhook_shuffled;
mod webhook_unauthenticated;

use crate::backend_harness::BackendHarness;
use crate::driver::Halt;
use futures::future::BoxFuture;

/// A scripted sequence of events.
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// The events in one sentence.
    pub summary: &'static str,
    /// What the scenario requires of the subject and the run. Empty if every run can play it.
    pub needs: &'static [Need],
    /// Plays the scenario.
    pub play: for<'s> fn(&'s BackendHarness) -> BoxFuture<'s, Result<(), Halt>>,
}

/// A requirement on the subject or the run, beyond the calls that every scenario makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The file describes this call of the app.
    Call(&'static str),
    /// The subject can be stopped and started again.
    Restart,
    /// The run may take as long as the subject's own pauses: minutes of real time.
    Slow,
    /// The run may take as long as the subject's vendor timeout.
    Timeout,
    /// The subject has a webhook receiver.
    Webhook,
}

/// All scenarios, in the order in which they are played.
pub const SCENARIOS: &[Scenario] = &[
    several_users::SCENARIO,
    // Played before any scenario moves the clock, since a process compares dates with its own clock.
    vendor_throttles::SCENARIO,
    repeat::SCENARIO,
    concurrent::SCENARIO,
    app_login::SCENARIO,
    names_victim::SCENARIO,
    second_device::SCENARIO,
    sign_up::SCENARIO,
    key_refused::SCENARIO,
    vendor_refuses::SCENARIO,
    vendor_slow::SCENARIO,
    vendor_silent::SCENARIO,
    vendor_never_answers::SCENARIO,
    vendor_drips::SCENARIO,
    redirected::SCENARIO,
    result_late::SCENARIO,
    result_never::SCENARIO,
    erase::SCENARIO,
    restart::SCENARIO,
    // Played before the other webhook scenarios, while all users' histories are alike. Afterwards they differ in a
    // backend that depends on the order of messages.
    webhook_shuffled::SCENARIO,
    webhook_delivered::SCENARIO,
    webhook_unauthenticated::SCENARIO,
    webhook_repeated::SCENARIO,
    webhook_delayed::SCENARIO,
    webhook_restart::SCENARIO,
];
