//! Journeys of an SDK: scripted courses of an app's life that make evidence. They never assert.

mod bad_certificates;
mod captive_portal;
mod clock_skew;
mod cloned;
mod concurrent_creation;
mod early_sync;
mod expired_credential;
mod first_start;
mod fleet;
mod foreign_push;
mod forget;
mod interval;
mod killed_while_bringing;
mod killed_while_creating;
mod killed_while_syncing;
mod led_elsewhere;
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

use standin_contracts::protocol::{CommandName, OrderName};

use super::World;
use crate::driver::Halt;
use crate::reference::Turn;

/// A scripted course of an app's life.
pub struct Journey {
    /// Its name.
    pub name: &'static str,
    /// What happens in it.
    pub summary: &'static str,
    /// What it needs of the SDK and the vendor.
    pub needs: &'static [Need],
    /// Plays it.
    pub play: for<'w> fn(&'w World) -> Turn<'w, Result<(), Halt>>,
}

/// What a journey needs of the SDK and the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The SDK carries this order out.
    Order(OrderName),
    /// The adapter has this capability, which is no order.
    Capability(&'static str),
    /// The vendor has this command.
    Command(CommandName),
    /// The vendor gave a key to put into the app.
    ClientKey,
    /// The client backend has so many users.
    Users(usize),
}

/// Every journey, in the order in which they are played.
pub const JOURNEYS: &[Journey] = &[
    first_start::JOURNEY,
    relaunch::JOURNEY,
    reinstall::JOURNEY,
    two_phones::JOURNEY,
    cloned::JOURNEY,
    tablet::JOURNEY,
    user_switch::JOURNEY,
    signed_out_and_in::JOURNEY,
    expired_credential::JOURNEY,
    lost_answer::JOURNEY,
    session_over::JOURNEY,
    switched_off::JOURNEY,
    throttled::JOURNEY,
    vendor_down::JOURNEY,
    vendor_hangs::JOURNEY,
    led_elsewhere::JOURNEY,
    bad_certificates::JOURNEY,
    statuses::JOURNEY,
    captive_portal::JOURNEY,
    lost_batch_answer::JOURNEY,
    killed_while_syncing::JOURNEY,
    killed_while_creating::JOURNEY,
    killed_while_bringing::JOURNEY,
    offline_day::JOURNEY,
    permissions_denied::JOURNEY,
    early_sync::JOURNEY,
    interval::JOURNEY,
    stop::JOURNEY,
    sign_out_during_sync::JOURNEY,
    concurrent_creation::JOURNEY,
    clock_skew::JOURNEY,
    slow_vendor::JOURNEY,
    wake_push::JOURNEY,
    foreign_push::JOURNEY,
    reset_and_relaunch::JOURNEY,
    forget::JOURNEY,
    fleet::JOURNEY,
    permission_granted_later::JOURNEY,
    revoked_key::JOURNEY,
];
