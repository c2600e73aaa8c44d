//! Durations of sandbox time.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A duration in whole milliseconds, at most a hundred years. Written as `30s`, `10min` or `7d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(into = "String")]
#[schemars(with = "String", extend("examples" = ["30s", "10min", "7d"], "pattern" = PATTERN, "minLength" = 2))]
pub struct Millis(u64);

/// The form in which durations are written. The parser accepts more, such as spaces between the units.
const PATTERN: &str = "^([0-9]{1,6}d)?([0-9]{1,8}h)?([0-9]{1,9}min)?([0-9]{1,9}s)?([0-9]{1,9}ms)?$";

/// A text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no length of time such as 250ms, 30s, 10min, 8h or 7d")]
pub struct BadDuration(pub String);

/// A hundred years in milliseconds: longer than any lifetime, and short enough to be added to any timestamp.
const LONGEST: u64 = 100 * 366 * 24 * 60 * 60 * 1000;

impl Millis {
    /// A duration of `millis` milliseconds, capped at a hundred years.
    pub const fn new(millis: u64) -> Self {
        Self(if millis > LONGEST { LONGEST } else { millis })
    }

    /// A duration of `secs` seconds, capped at a hundred years.
    pub const fn from_secs(secs: u64) -> Self {
        Self::new(secs.saturating_mul(1000))
    }

    /// The duration in milliseconds.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl From<Millis> for std::time::Duration {
    fn from(span: Millis) -> Self {
        Self::from_millis(span.0)
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 5] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s"), (1, "ms")];
        let mut rest = self.0;
        if rest == 0 {
            return f.write_str("0s");
        }
        for (size, unit) in UNITS {
            if rest >= size {
                write!(f, "{}{unit}", rest / size)?;
                rest %= size;
            }
        }
        Ok(())
    }
}

impl FromStr for Millis {
    type Err = BadDuration;

    fn from_str(text: &str) -> Result<Self, BadDuration> {
        let bad = || BadDuration(text.to_owned());
        let span: jiff::Span = text.trim().parse().map_err(|_| bad())?;
        let exact = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| bad())?;
        let millis = u64::try_from(exact.as_millis()).map_err(|_| bad())?;
        Ok(Self::new(millis))
    }
}

/// Accepts text only. The error for a bare number shows a duration with its unit.
struct Reading;

impl Visitor<'_> for Reading {
    type Value = Millis;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a length of time as text, such as \"30s\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Millis, E> {
        text.parse().map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Reading)
    }
}

impl From<Millis> for String {
    fn from(span: Millis) -> Self {
        span.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_back_as_they_are_written() {
        for text in ["250ms", "30s", "10min", "8h", "7d", "1h30min", "0s"] {
            assert_eq!(text.parse::<Millis>().map(|span| span.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_has_no_unit_or_runs_backwards_is_refused() {
        for text in ["", "10", "-3s", "soon"] {
            assert!(text.parse::<Millis>().is_err(), "{text}");
        }
    }
}
