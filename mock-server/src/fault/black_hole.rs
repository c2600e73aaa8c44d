//! Nothing answers, and nothing closes: what a client meets behind a dead middlebox. Only its own timeout helps it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Act, Behaviour, Scene};

/// No answer ever comes; when it is released or cleared, the connection is reset.
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
