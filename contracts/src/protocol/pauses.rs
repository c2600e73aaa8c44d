//! The pauses before a client's retries.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Millis;
use super::duration::BadDuration;

/// The pauses before each retry, in order. Written as `2s 5s`, or as `none` if there is no retry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("examples" = ["2s 5s", "none"]))]
pub struct Pauses(pub Vec<Millis>);

/// The text for no retry at all.
const NONE: &str = "none";

impl fmt::Display for Pauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(NONE);
        }
        let texts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&texts.join(" "))
    }
}

impl FromStr for Pauses {
    type Err = BadDuration;

    fn from_str(text: &str) -> Result<Self, BadDuration> {
        if text.trim() == NONE {
            return Ok(Self(Vec::new()));
        }
        let pauses: Vec<Millis> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        if pauses.is_empty() { Err(BadDuration(text.to_owned())) } else { Ok(Self(pauses)) }
    }
}

impl TryFrom<String> for Pauses {
    type Error = BadDuration;

    fn try_from(text: String) -> Result<Self, BadDuration> {
        text.parse()
    }
}

impl From<Pauses> for String {
    fn from(pauses: Pauses) -> Self {
        pauses.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_read_back_as_they_are_written() {
        for text in ["2s 5s", "250ms", "none"] {
            assert_eq!(text.parse::<Pauses>().map(|pauses| pauses.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_holds_no_length_of_time_is_refused() {
        for text in ["", "2s, 5s", "soon"] {
            assert!(text.parse::<Pauses>().is_err(), "{text}");
        }
    }
}
