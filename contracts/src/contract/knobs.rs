//! Facts by their names: how `--set` reads and changes them.

use std::fmt;
use std::str::FromStr;

use super::annotation::Is;
use super::facts::{Fact, Facts};
use crate::advice::advice;

/// Why a fact can't be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactError {
    /// There is no such fact.
    #[error("`{name}` is no fact of a contract: {advice}")]
    Unknown {
        /// What was written.
        name: String,
        /// What would be right.
        advice: String,
    },
    /// The value isn't one that the fact takes.
    #[error("`{value}` can't be {name}: {why}")]
    Value {
        /// The fact.
        name: String,
        /// What was written.
        value: String,
        /// What is wrong with it.
        why: String,
    },
}

/// A fact behind its name: how it is read and set as text.
struct Knob {
    name: &'static str,
    get: fn(&Facts) -> (String, Is),
    set: fn(&mut Facts, &str) -> Result<(), String>,
}

macro_rules! knob {
    ($name:literal, $($path:ident).+) => {
        Knob {
            name: $name,
            get: |facts| (facts.$($path).+.value.to_string(), facts.$($path).+.is),
            set: |facts, text| set(&mut facts.$($path).+, text),
        }
    };
}

/// Every fact that can be set, in the order of the documentation.
const KNOBS: &[Knob] = &[
    knob!("credential.lifetime", credential.lifetime),
    knob!("credential.single_use", credential.single_use),
    knob!("credential.format", credential.format),
    knob!("credential.mint", credential.mint),
    knob!("session.lifetime", session.lifetime),
    knob!("session.format", session.format),
    knob!("session.ended_by_reset", session.ended_by_reset),
    knob!("user.id_format", user.id_format),
    knob!("user.active_devices", user.active_devices),
    knob!("sync.interval", sync.interval),
    knob!("sync.dedupe", sync.dedupe),
    knob!("sync.most_items", sync.most_items),
    knob!("sync.backoff_base", sync.backoff_base),
    knob!("sync.backoff_cap", sync.backoff_cap),
    knob!("read_back.ready_after", read_back.ready_after),
    knob!("read_back.ready_for", read_back.ready_for),
    knob!("read_back.poll_at_least", read_back.poll_at_least),
    knob!("read_back.poll_at_most", read_back.poll_at_most),
    knob!("read_back.retry_pauses", read_back.retry_pauses),
    knob!("webhook.success", webhook.success),
    knob!("webhook.retry_base", webhook.retry_base),
    knob!("webhook.retry_cap", webhook.retry_cap),
    knob!("webhook.lifetime", webhook.lifetime),
    knob!("webhook.batch_interval", webhook.batch_interval),
    knob!("webhook.batch_bytes", webhook.batch_bytes),
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
        KNOBS.iter().map(|knob| knob.name)
    }

    /// Every fact by name, with its value as text and how sure it is.
    pub fn list(&self) -> impl Iterator<Item = (&'static str, String, Is)> {
        KNOBS.iter().map(|knob| {
            let (value, is) = (knob.get)(self);
            (knob.name, value, is)
        })
    }

    /// Sets a fact by name, as `--set` does.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), FactError> {
        let knob = KNOBS
            .iter()
            .find(|knob| knob.name == name)
            .ok_or_else(|| FactError::Unknown { name: name.to_owned(), advice: advice(name, Self::names()) })?;
        (knob.set)(self, value).map_err(|why| FactError::Value { name: name.to_owned(), value: value.to_owned(), why })
    }
}
