//! The vendor commits, but the client gets no answer. No retry can undo the commit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Act, Behaviour, Moment, Scene};

/// A connection reset in place of the answer, after the vendor has processed the request.
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
