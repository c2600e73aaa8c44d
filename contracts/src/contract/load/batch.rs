//! Checks batches: each carries the id by which the vendor recognises data that was submitted before.

use super::{Loader, PlacedOperation};
use crate::contract::Facts;
use crate::protocol::{CommandName, Dedupe, Field};

impl Loader<'_> {
    pub(super) fn batches_are_known_again(&mut self, placed: &[PlacedOperation], facts: &Facts) {
        let (field, other) = match facts.sync.dedupe.value {
            Dedupe::Batch => (Field::BatchId, Dedupe::Item),
            Dedupe::Item => (Field::ItemId, Dedupe::Batch),
        };
        for PlacedOperation { operation, method, .. } in placed {
            if operation.command == CommandName::SubmitBatch && !operation.sends(&field) {
                let message = format!("nothing in this request carries `{field}`, by which its vendor knows it again");
                let help =
                    format!("put `x-field: {field}` on the member that holds it, or set `sync.dedupe` to {other}");
                self.wrong(method.clone(), message, help);
            }
        }
    }
}
