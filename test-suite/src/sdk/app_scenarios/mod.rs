//! Scenarios of an app with an SDK in it: scripted sequences of what its user does. They assert nothing.

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

use super::scenarios::Scenario;

/// Every scenario of an app, in the order in which they are played.
pub const APP_SCENARIOS: &[Scenario] = &[
    first_start::SCENARIO,
    relaunch::SCENARIO,
    user_switch::SCENARIO,
    another_login::SCENARIO,
    user_returns::SCENARIO,
    permissions_denied::SCENARIO,
    permission_granted_later::SCENARIO,
    push::SCENARIO,
    several_processes::SCENARIO,
    expired_credential::SCENARIO,
    lost_answer::SCENARIO,
    killed_while_signing_in::SCENARIO,
    week::SCENARIO,
];
