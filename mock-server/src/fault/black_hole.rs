//! The server neither answers nor closes the connection, like a dead middlebox. Only the client's own timeout ends the
//! wait.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Act, Behaviour, Scene};

/// No answer. The request never reaches the vendor. When the fault is released or cleared, the connection is reset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlackHole {}

impl Behaviour for BlackHole {
    fn words(&self) -> String {
        "no answer at all".to_owned()
    }

    fn act(&self, _: &Scene<'_>) -> Act {
        Act::BlackHole
    }
}
