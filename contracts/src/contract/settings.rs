//! Facts by name, as `--set` reads and changes them.

use std::fmt;
use std::str::FromStr;

use super::annotation::Is;
use super::facts::{Fact, Facts};
use crate::advice::advice;

/// The reason why a fact can't be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactError {
    /// There is no such fact.
    #[error("`{name}` is no fact of a contract: {advice}")]
    Unknown {
        /// The name that was written.
        name: String,
        /// A hint at the right name.
        advice: String,
    },
    /// The value is not valid for the fact.
    #[error("`{value}` can't be {name}: {why}")]
    Value {
        /// The name of the fact.
        name: String,
        /// The value that was written.
        value: String,
        /// The reason why it is not valid.
        why: String,
    },
}

/// The name of a fact, with the functions that read and set its value as text.
struct FactSetting {
    name: &'static str,
    get: fn(&Facts) -> (String, Is),
    set: fn(&mut Facts, &str) -> Result<(), String>,
}

macro_rules! setting {
    ($name:literal, $($path:ident).+) => {
        FactSetting {
            name: $name,
            get: |facts| (facts.$($path).+.value.to_string(), facts.$($path).+.is),
            set: |facts, text| set(&mut facts.$($path).+, text),
        }
    };
}

/// Every fact that can be set, in the order of the documentation.
const SETTINGS: &[FactSetting] = &[
    setting!("credential.lifetime", credential.lifetime),
    setting!("credential.single_use", credential.single_use),
    setting!("credential.format", credential.format),
    setting!("credential.mint", credential.mint),
    setting!("session.lifetime", session.lifetime),
    setting!("session.format", session.format),
    setting!("session.ended_by_reset", session.ended_by_reset),
    setting!("user.id_format", user.id_format),
    setting!("user.active_devices", user.active_devices),
    setting!("sync.interval", sync.interval),
    setting!("sync.dedupe", sync.dedupe),
    setting!("sync.most_items", sync.most_items),
    setting!("sync.backoff_base", sync.backoff_base),
    setting!("sync.backoff_cap", sync.backoff_cap),
    setting!("read_back.ready_after", read_back.ready_after),
    setting!("read_back.ready_for", read_back.ready_for),
    setting!("read_back.poll_at_least", read_back.poll_at_least),
    setting!("read_back.poll_at_most", read_back.poll_at_most),
    setting!("read_back.retry_pauses", read_back.retry_pauses),
    setting!("webhook.success", webhook.success),
    setting!("webhook.retry_base", webhook.retry_base),
    setting!("webhook.retry_cap", webhook.retry_cap),
    setting!("webhook.lifetime", webhook.lifetime),
    setting!("webhook.batch_interval", webhook.batch_interval),
    setting!("webhook.batch_bytes", webhook.batch_bytes),
    setting!("cors", cors),
];

fn set<T: FromStr>(fact: &mut Fact<T>, text: &str) -> Result<(), String>
where
    T::Err: fmt::Display,
{
    fact.value = text.parse().map_err(|error: T::Err| error.to_string())?;
    Ok(())
}

impl Facts {
    /// The names of all facts.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SETTINGS.iter().map(|setting| setting.name)
    }

    /// Every fact by name, with its value as text and its certainty.
    pub fn list(&self) -> impl Iterator<Item = (&'static str, String, Is)> {
        SETTINGS.iter().map(|setting| {
            let (value, is) = (setting.get)(self);
            (setting.name, value, is)
        })
    }

    /// Sets a fact by name, as `--set` does.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), FactError> {
        let setting = SETTINGS
            .iter()
            .find(|setting| setting.name == name)
            .ok_or_else(|| FactError::Unknown { name: name.to_owned(), advice: advice(name, Self::names()) })?;
        (setting.set)(self, value).map_err(|why| FactError::Value {
            name: name.to_owned(),
            value: value.to_owned(),
            why,
        })
    }
}
