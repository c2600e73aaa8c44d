//! The answer arrives one byte at a time. A client whose timeout restarts with every byte waits forever.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::Millis;

use super::{Act, Behaviour, Scene};

/// A body that arrives byte by byte and is never complete. The vendor has processed the request. When the fault is
/// released or cleared, the connection is reset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Drip {
    /// The time between two bytes, in sandbox time, such as `2s`. Default: `1s`. Never 0.
    #[serde(default = "a_second")]
    pub every: Millis,
}

const fn a_second() -> Millis {
    Millis::from_secs(1)
}

impl Default for Drip {
    fn default() -> Self {
        Self { every: a_second() }
    }
}

impl Behaviour for Drip {
    fn words(&self) -> String {
        format!("a byte every {}", self.every)
    }

    fn act(&self, _: &Scene<'_>) -> Act {
        Act::Drip(self.every)
    }

    fn wrong(&self) -> Option<String> {
        (self.every == Millis::new(0)).then(|| "a drip takes time for each byte: `every` is 0s".to_owned())
    }
}
