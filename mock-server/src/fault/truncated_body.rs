//! The answer ends in the middle: its head promises more bytes than come.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Act, Behaviour, Scene};

/// Only the first bytes of the body are sent, and the connection ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TruncatedBody {
    /// How many bytes are sent; half of the body if not told.
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
