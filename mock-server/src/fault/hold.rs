//! An exchange is parked until it is released. Tests get concurrency and crash points without sleeping.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Act, Behaviour, Moment, Scene};

/// A pause of the exchange until the fault is released. The exchange then continues as usual.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// The point at which the exchange is parked.
    pub at: Moment,
}

impl Behaviour for Hold {
    fn words(&self) -> String {
        match self.at {
            Moment::BeforeCommit => "held before commit".to_owned(),
            Moment::AfterCommit => "held after commit".to_owned(),
        }
    }

    fn act(&self, _: &Scene<'_>) -> Act {
        Act::Hold(self.at)
    }
}
