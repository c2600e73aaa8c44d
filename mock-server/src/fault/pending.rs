//! A result that never becomes ready. A client that polls has to give up at some point.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::{Field, Reply, ReplyName};

use super::{Act, Behaviour, Scene};

/// The vendor's `read_pending` reply. The request never reaches the vendor.
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
