//! The connection is reset before the vendor processes the request. The client may safely retry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Act, Behaviour, Moment, Scene};

/// A connection reset before the request reaches the vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetBeforeCommit {}

impl Behaviour for ResetBeforeCommit {
    fn words(&self) -> String {
        "reset before commit".to_owned()
    }

    fn act(&self, _: &Scene<'_>) -> Act {
        Act::Reset(Moment::BeforeCommit)
    }
}
