//! The status by which a receiver accepts a delivery.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The status that counts as acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^(2xx|2[0-9][0-9])$"))]
pub enum Success {
    /// This status only.
    Exactly(u16),
    /// Any status from 200 to 299.
    Any2xx,
}

/// A text that is no success status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no status of success: a status from \"200\" to \"299\", in quotes, or 2xx for any of them")]
pub struct BadSuccess(String);

impl Success {
    /// Whether an answer with this status accepts the delivery.
    pub const fn is(self, status: u16) -> bool {
        match self {
            Self::Exactly(wanted) => status == wanted,
            Self::Any2xx => status >= 200 && status < 300,
        }
    }
}

impl fmt::Display for Success {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(status) => write!(f, "{status}"),
            Self::Any2xx => f.write_str("2xx"),
        }
    }
}

impl FromStr for Success {
    type Err = BadSuccess;

    fn from_str(text: &str) -> Result<Self, BadSuccess> {
        match text.parse() {
            Ok(status @ 200..=299) if text.len() == 3 => Ok(Self::Exactly(status)),
            _ if text == "2xx" => Ok(Self::Any2xx),
            _ => Err(BadSuccess(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Success {
    type Error = BadSuccess;

    fn try_from(text: String) -> Result<Self, BadSuccess> {
        text.parse()
    }
}

impl From<Success> for String {
    fn from(success: Success) -> Self {
        success.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_status_is_that_alone_and_2xx_is_all_of_them() {
        let exactly: Success = "200".parse().expect("a status");
        assert!(exactly.is(200) && !exactly.is(204));
        assert!(Success::Any2xx.is(204) && !Success::Any2xx.is(301));
        for wrong in ["404", "0200", "3xx", ""] {
            assert!(wrong.parse::<Success>().is_err(), "{wrong}");
        }
    }
}
