//! Journeys of an app with an SDK in it: scripted courses of what its user does. They never assert.

mod another_login;
mod expired_credential;
mod first_start;
mod killed_while_signing_in;
mod lost_answer;
mod permission_granted_later;
mod permissions_denied;
mod push;
mod relaunch;
mod several_processes;
mod user_returns;
mod user_switch;
mod week;

use super::journeys::Journey;

/// Every journey of an app, in the order in which they are played.
pub const APP_JOURNEYS: &[Journey] = &[
    first_start::JOURNEY,
    relaunch::JOURNEY,
    user_switch::JOURNEY,
    another_login::JOURNEY,
    user_returns::JOURNEY,
    permissions_denied::JOURNEY,
    permission_granted_later::JOURNEY,
    push::JOURNEY,
    several_processes::JOURNEY,
    expired_credential::JOURNEY,
    lost_answer::JOURNEY,
    killed_while_signing_in::JOURNEY,
    week::JOURNEY,
];
