//! The answer is truncated: its head announces more bytes than are sent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Act, Behaviour, Scene};

/// A truncated body: its first bytes are sent, and the connection ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TruncatedBody {
    /// The number of bytes that are sent, always fewer than the body has. Default: half of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<usize>,
}

impl Behaviour for TruncatedBody {
    fn words(&self) -> String {
        match self.keep {
            Some(bytes) => format!("body cut after {bytes} bytes"),
            None => "body cut in half".to_owned(),
        }
    }

    fn act(&self, _: &Scene<'_>) -> Act {
        Act::Cut { keep: self.keep }
    }
}
