//! The answer comes a byte now and then: a client whose patience starts anew with every byte waits for good.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::Millis;

use super::{Act, Behaviour, Scene};

/// The vendor has done it, and its answer's body comes byte by byte and never whole. When the fault is released or cleared,
/// the connection is reset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Drip {
    /// How long each byte takes, by the sandbox's clock; a second if not told.
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
