//! The judge. Each rule is one file, and judges one history event by event.
//!
//! A rule is named after what is wrong when it is broken, such as `credential/shared`. Its doc comment is its
//! published page. It observes events in order and reports findings, each with the events that prove it. It never
//! sees a vendor's name. Whether it binds is up to the [requirements](crate::requirements).

#[macro_use]
mod rule;
mod answers;
mod apps;
mod at_the_end;
mod batches;
mod book;
mod browsers;
mod bursts;
mod closed_categories;
mod deliveries;
mod each_call;
mod find;
mod joined;
mod judge;
mod normal;
mod orders;
mod pace;
mod people;
mod permissions;
mod played;
mod pushes;
mod redemptions;
mod rounds;
mod sender;
mod several;
mod timelines;
mod tracker;
mod window;
mod words;
mod work;

mod credential {
    pub(super) mod cached_by_http;
    pub(super) mod clock_trusted;
    pub(super) mod for_another_user;
    pub(super) mod minted_needlessly;
    pub(super) mod not_fresh_at_start;
    pub(super) mod not_the_vendors;
    pub(super) mod reused;
    pub(super) mod shared;
    pub(super) mod stale_retry;
    pub(super) mod without_app_login;
}
mod key {
    pub(super) mod in_wrong_place;
    pub(super) mod outside_server_leg;
    pub(super) mod refusal_leaked;
    pub(super) mod retried_after_refusal;
}
mod push {
    pub(super) mod foreign_forwarded;
    pub(super) mod not_forwarded;
    pub(super) mod wake_storm;
    pub(super) mod wake_unanswered;
}
mod readback {
    pub(super) mod other_id;
    pub(super) mod polled_too_often;
    pub(super) mod retry_schedule;
    pub(super) mod salt_wrong;
}
mod session {
    pub(super) mod cloned;
    pub(super) mod crash_inconsistent;
    pub(super) mod deactivated_sends;
    pub(super) mod new_user_on_refusal;
    pub(super) mod refresh_storm;
    pub(super) mod used_after_end;
}
mod sync {
    pub(super) mod after_stop;
    pub(super) mod before_user;
    pub(super) mod gives_up_the_hopeful;
    pub(super) mod interval_unit;
    pub(super) mod item_lost;
    pub(super) mod item_repeated;
    pub(super) mod no_backoff;
    pub(super) mod no_jitter;
    pub(super) mod off_schedule;
    pub(super) mod out_of_order;
    pub(super) mod retries_the_hopeless;
    pub(super) mod retry_after_ignored;
    pub(super) mod retry_changed;
    pub(super) mod without_permission;
}
mod transport {
    pub(super) mod no_timeout;
    pub(super) mod personal_data_leaked;
    pub(super) mod request_flood;
    pub(super) mod schema_broken;
    pub(super) mod secret_follows_redirect;
    pub(super) mod secret_in_url;
    pub(super) mod unidentified;
    pub(super) mod untrusted_tls;
}
mod user {
    pub(super) mod created_before_init;
    pub(super) mod created_before_permissions;
    pub(super) mod created_twice;
    pub(super) mod creation_skipped_after_denial;
    pub(super) mod id_invalid;
    pub(super) mod id_is_personal;
    pub(super) mod id_sent_by_sdk;
    pub(super) mod id_shared;
    pub(super) mod id_unstable;
    pub(super) mod lost_answer_duplicates;
    pub(super) mod not_created_at_start;
    pub(super) mod not_restored;
    pub(super) mod replaced_without_reset;
    pub(super) mod state_not_cleared;
}
mod webhook {
    pub(super) mod duplicate_effect;
    pub(super) mod false_success;
    pub(super) mod lawful_refused;
    pub(super) mod order_dependent;
    pub(super) mod unauthenticated;
}

pub use book::book;
pub use bursts::{Asker, Burst, Bursts};
pub use find::{UnknownRule, find};
pub use joined::Joined;
pub use judge::{Judge, Judgement, NewFinding, Verdict, judge};
pub use rule::{Context, Evidence, FLOOD, Finding, Monitor, OPAQUE, Rule, VENDOR_TIMEOUT, VIRTUAL};
pub use tracker::{AppRequest, Exchange, Tracker, credentials};

/// Every rule, sorted by name. A test compares this list with the folder.
pub static RULES: &[Rule] = &[
    credential::cached_by_http::RULE,
    credential::clock_trusted::RULE,
    credential::for_another_user::RULE,
    credential::minted_needlessly::RULE,
    credential::not_fresh_at_start::RULE,
    credential::not_the_vendors::RULE,
    credential::reused::RULE,
    credential::shared::RULE,
    credential::stale_retry::RULE,
    credential::without_app_login::RULE,
    key::in_wrong_place::RULE,
    key::outside_server_leg::RULE,
    key::refusal_leaked::RULE,
    key::retried_after_refusal::RULE,
    push::foreign_forwarded::RULE,
    push::not_forwarded::RULE,
    push::wake_storm::RULE,
    push::wake_unanswered::RULE,
    readback::other_id::RULE,
    readback::polled_too_often::RULE,
    readback::retry_schedule::RULE,
    readback::salt_wrong::RULE,
    session::cloned::RULE,
    session::crash_inconsistent::RULE,
    session::deactivated_sends::RULE,
    session::new_user_on_refusal::RULE,
    session::refresh_storm::RULE,
    session::used_after_end::RULE,
    sync::after_stop::RULE,
    sync::before_user::RULE,
    sync::gives_up_the_hopeful::RULE,
    sync::interval_unit::RULE,
    sync::item_lost::RULE,
    sync::item_repeated::RULE,
    sync::no_backoff::RULE,
    sync::no_jitter::RULE,
    sync::off_schedule::RULE,
    sync::out_of_order::RULE,
    sync::retries_the_hopeless::RULE,
    sync::retry_after_ignored::RULE,
    sync::retry_changed::RULE,
    sync::without_permission::RULE,
    transport::no_timeout::RULE,
    transport::personal_data_leaked::RULE,
    transport::request_flood::RULE,
    transport::schema_broken::RULE,
    transport::secret_follows_redirect::RULE,
    transport::secret_in_url::RULE,
    transport::unidentified::RULE,
    transport::untrusted_tls::RULE,
    user::created_before_init::RULE,
    user::created_before_permissions::RULE,
    user::created_twice::RULE,
    user::creation_skipped_after_denial::RULE,
    user::id_invalid::RULE,
    user::id_is_personal::RULE,
    user::id_sent_by_sdk::RULE,
    user::id_shared::RULE,
    user::id_unstable::RULE,
    user::lost_answer_duplicates::RULE,
    user::not_created_at_start::RULE,
    user::not_restored::RULE,
    user::replaced_without_reset::RULE,
    user::state_not_cleared::RULE,
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
