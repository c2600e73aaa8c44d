//! A result is not there yet, however long it has been worked on: what a client that polls must give up on some day.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::{Field, Reply, ReplyName};

use super::{Act, Behaviour, Scene};

/// The vendor's `read_pending` answer, before it does anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pending {}

impl Behaviour for Pending {
    fn words(&self) -> String {
        "still pending".to_owned()
    }

    fn act(&self, scene: &Scene<'_>) -> Act {
        let reply = Reply::new(ReplyName::ReadPending).with(Field::RequestedAt, scene.now);
        let wire = scene.contract.encode_reply(scene.operation, &reply);
        Act::Reply(Box::new(reply), wire)
    }
}
