//! The judge: one rule a file, each a fold over one history.
//!
//! A rule says what is wrong when it is broken, and is named so: allow `credential/shared`. Its doc comment is its
//! published page. It observes events in order and reports findings, each with the events that prove it. It never sees
//! a vendor's name, and whether it binds is not its affair: that is the [ledger](crate::ledger)'s.

#[macro_use]
mod rule;
mod at_the_end;
mod book;
mod deliveries;
mod each_call;
mod find;
mod judge;
mod normal;
mod pace;
mod people;
mod tracker;
mod window;
mod words;

mod credential {
    pub(super) mod cached_by_http;
    pub(super) mod for_another_user;
    pub(super) mod shared;
    pub(super) mod without_app_login;
}
mod key {
    pub(super) mod in_wrong_place;
    pub(super) mod outside_server_leg;
    pub(super) mod refusal_leaked;
    pub(super) mod retried_after_refusal;
}
mod readback {
    pub(super) mod other_id;
    pub(super) mod polled_too_often;
    pub(super) mod retry_schedule;
    pub(super) mod salt_wrong;
}
mod sync {
    pub(super) mod retry_after_ignored;
}
mod transport {
    pub(super) mod no_timeout;
    pub(super) mod personal_data_leaked;
    pub(super) mod schema_broken;
    pub(super) mod secret_follows_redirect;
    pub(super) mod secret_in_url;
}
mod user {
    pub(super) mod id_invalid;
    pub(super) mod id_is_personal;
    pub(super) mod id_shared;
    pub(super) mod id_unstable;
    pub(super) mod not_restored;
}
mod webhook {
    pub(super) mod duplicate_effect;
    pub(super) mod false_success;
    pub(super) mod lawful_refused;
    pub(super) mod order_dependent;
    pub(super) mod unauthenticated;
}

pub use book::book;
pub use find::{UnknownRule, find};
pub use judge::{Judge, Judgement, News, Verdict, judge};
pub use rule::{Context, Evidence, Finding, Monitor, Rule, Subject, VENDOR_TIMEOUT, VIRTUAL};
pub use tracker::{AppRequest, Exchange, Tracker, credentials};

/// Every rule, sorted by name. A test compares this with the folder.
pub static RULES: &[Rule] = &[
    credential::cached_by_http::RULE,
    credential::for_another_user::RULE,
    credential::shared::RULE,
    credential::without_app_login::RULE,
    key::in_wrong_place::RULE,
    key::outside_server_leg::RULE,
    key::refusal_leaked::RULE,
    key::retried_after_refusal::RULE,
    readback::other_id::RULE,
    readback::polled_too_often::RULE,
    readback::retry_schedule::RULE,
    readback::salt_wrong::RULE,
    sync::retry_after_ignored::RULE,
    transport::no_timeout::RULE,
    transport::personal_data_leaked::RULE,
    transport::schema_broken::RULE,
    transport::secret_follows_redirect::RULE,
    transport::secret_in_url::RULE,
    user::id_invalid::RULE,
    user::id_is_personal::RULE,
    user::id_shared::RULE,
    user::id_unstable::RULE,
    user::not_restored::RULE,
    webhook::duplicate_effect::RULE,
    webhook::false_success::RULE,
    webhook::lawful_refused::RULE,
    webhook::order_dependent::RULE,
    webhook::unauthenticated::RULE,
];

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
