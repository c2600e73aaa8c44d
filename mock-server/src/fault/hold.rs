//! An exchange is parked until somebody releases it: concurrency and crash points without any sleeping.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Act, Behaviour, Moment, Scene};

/// The exchange is parked until it is released, and then goes on as if nothing had been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// Where it is parked.
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
