//! The interval between two sync rounds.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Millis;
use super::duration::BadDuration;

/// The time between two sync rounds, or none if the vendor's text gives no interval. Written as `8h`, or as `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("examples" = ["8h", "none"]))]
pub struct Interval(pub Option<Millis>);

const NONE: &str = "none";

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(length) => length.fmt(f),
            None => f.write_str(NONE),
        }
    }
}

impl FromStr for Interval {
    type Err = BadDuration;

    fn from_str(text: &str) -> Result<Self, BadDuration> {
        if text.trim() == NONE { Ok(Self(None)) } else { text.parse().map(|length| Self(Some(length))) }
    }
}

impl TryFrom<String> for Interval {
    type Error = BadDuration;

    fn try_from(text: String) -> Result<Self, BadDuration> {
        text.parse()
    }
}

impl From<Interval> for String {
    fn from(interval: Interval) -> Self {
        interval.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_reads_back_as_it_is_written() {
        for text in ["8h", "none"] {
            assert_eq!(text.parse::<Interval>().map(|interval| interval.to_string()).as_deref(), Ok(text));
        }
        assert!("sometimes".parse::<Interval>().is_err());
    }
}
