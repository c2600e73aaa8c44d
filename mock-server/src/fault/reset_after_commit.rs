//! The vendor did it and the client never heard: the one failure that no retry makes undone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Act, Behaviour, Moment, Scene};

/// The vendor does what it was asked, and the connection is reset in place of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetAfterCommit {}

impl Behaviour for ResetAfterCommit {
    fn words(&self) -> String {
        "reset after commit".to_owned()
    }

    fn act(&self, _: &Scene<'_>) -> Act {
        Act::Reset(Moment::AfterCommit)
    }
}
