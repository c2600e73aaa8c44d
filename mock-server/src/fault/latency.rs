//! The vendor answers late. It has processed the request by then, even if the client gives up first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::Millis;

use super::{Act, Behaviour, Scene};

/// A delay of the answer, in sandbox time. The vendor processes the request at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// The delay, such as `2s`.
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
