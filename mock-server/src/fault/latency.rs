//! The vendor is slow to answer. It has done its work by then: a client that gives up first has still been served.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::Millis;

use super::{Act, Behaviour, Scene};

/// The answer leaves later, by the sandbox's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// How much later.
    #[serde(rename = "for")]
    pub span: Millis,
}

impl Behaviour for Latency {
    fn words(&self) -> String {
        format!("{} late", self.span)
    }

    fn act(&self, _: &Scene<'_>) -> Act {
        Act::Delay(self.span)
    }
}
