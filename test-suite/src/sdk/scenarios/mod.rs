//! Scenarios of an SDK: scripted sequences of events in an app. They produce traffic and assert nothing.

mod bad_certificates;
mod captive_portal;
mod clock_skew;
mod cloned;
mod concurrent_creation;
mod early_sync;
mod expired_credential;
mod failing_sync;
mod first_start;
mod fleet;
mod foreign_push;
mod forget;
mod interval;
mod killed_while_creating;
mod killed_while_submitting;
mod killed_while_syncing;
mod led_to_other_origin;
mod lost_answer;
mod lost_batch_answer;
mod offline_day;
mod permission_granted_later;
mod permissions_denied;
mod reinstall;
mod relaunch;
mod reset_and_relaunch;
mod revoked_key;
mod session_over;
mod sign_out_during_sync;
mod signed_out_and_in;
mod slow_vendor;
mod statuses;
mod stop;
mod switched_off;
mod tablet;
mod throttled;
mod two_phones;
mod user_switch;
mod vendor_down;
mod vendor_hangs;
mod wake_push;

use futures::future::BoxFuture;
use standin_contracts::protocol::{CommandName, SdkCommandName};

use super::SdkHarness;
use crate::driver::Halt;

/// A scripted sequence of events in an app.
pub struct Scenario {
    /// Its unique name.
    pub name: &'static str,
    /// What happens in it, in one sentence.
    pub summary: &'static str,
    /// What it needs of the SDK and the vendor.
    pub needs: &'static [Need],
    /// Plays it in a harness.
    pub play: for<'w> fn(&'w SdkHarness) -> BoxFuture<'w, Result<(), Halt>>,
}

/// What a scenario needs of the SDK and the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The SDK carries this command out.
    SdkCommand(SdkCommandName),
    /// The adapter has this capability, which is no command.
    Capability(&'static str),
    /// The vendor has this command.
    Command(CommandName),
    /// The vendor issues a key for use inside apps.
    ClientKey,
    /// The client backend has this many users.
    Users(usize),
}

/// Every scenario, in the order in which they are played.
pub const SCENARIOS: &[Scenario] = &[
    first_start::SCENARIO,
    relaunch::SCENARIO,
    reinstall::SCENARIO,
    two_phones::SCENARIO,
    cloned::SCENARIO,
    tablet::SCENARIO,
    user_switch::SCENARIO,
    signed_out_and_in::SCENARIO,
    expired_credential::SCENARIO,
    lost_answer::SCENARIO,
    session_over::SCENARIO,
    switched_off::SCENARIO,
    throttled::SCENARIO,
    vendor_down::SCENARIO,
    vendor_hangs::SCENARIO,
    led_to_other_origin::SCENARIO,
    bad_certificates::SCENARIO,
    statuses::SCENARIO,
    captive_portal::SCENARIO,
    lost_batch_answer::SCENARIO,
    killed_while_syncing::SCENARIO,
    killed_while_creating::SCENARIO,
    killed_while_submitting::SCENARIO,
    offline_day::SCENARIO,
    permissions_denied::SCENARIO,
    early_sync::SCENARIO,
    interval::SCENARIO,
    stop::SCENARIO,
    sign_out_during_sync::SCENARIO,
    concurrent_creation::SCENARIO,
    clock_skew::SCENARIO,
    slow_vendor::SCENARIO,
    wake_push::SCENARIO,
    foreign_push::SCENARIO,
    reset_and_relaunch::SCENARIO,
    forget::SCENARIO,
    fleet::SCENARIO,
    permission_granted_later::SCENARIO,
    revoked_key::SCENARIO,
    failing_sync::SCENARIO,
];
