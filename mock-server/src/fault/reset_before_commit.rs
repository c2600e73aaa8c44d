//! The connection breaks before the vendor did anything: the client may simply ask again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Act, Behaviour, Moment, Scene};

/// The connection is reset, and the vendor never heard of the request.
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
