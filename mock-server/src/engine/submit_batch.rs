//! An install submits a batch of items. Duplicates are kept once.

use standin_contracts::protocol::{Dedupe, Field, FieldValue, Fields, Reply, ReplyName};

use super::state::Submitted;
use super::{Engine, EngineReply, Step, needed};

impl Engine {
    /// Consent checks belong to the SDK: the vendor accepts all items, also without the user's permission.
    pub(super) fn submit_batch(&mut self, step: &Step<'_>) -> EngineReply {
        let install = step.caller.install.ok_or(ReplyName::Malformed)?;
        let most = usize::try_from(self.policy.most_items).unwrap_or(usize::MAX);
        let submitted = &mut self.state.installs[install].submitted;
        let items = step.fields.list(&Field::Items);
        match self.policy.dedupe {
            Dedupe::Batch => submitted.keep_batch(needed(step.fields, &Field::BatchId)?, items, most),
            Dedupe::Item => submitted.keep_items(items, most),
        }
    }
}

impl Submitted {
    /// Keeps all items of a batch or none. A duplicate batch gets the ids that were kept the first time.
    fn keep_batch(&mut self, id: &str, items: &[Fields], most: usize) -> EngineReply {
        if let Some(kept) = self.batches.get(id) {
            return Ok(answer(ReplyName::BatchAlreadyAccepted, kept.clone()));
        }
        if items.len() > most {
            return Err(ReplyName::BatchTooLarge);
        }
        let kept: Vec<String> = items.iter().filter_map(|item| item.text(&Field::ItemId)).map(str::to_owned).collect();
        self.batches.insert(id.to_owned(), kept.clone());
        self.count = self.count.saturating_add(items.len());
        Ok(answer(ReplyName::BatchAccepted, kept))
    }

    /// Keeps the first items, up to the most that are accepted at once. Duplicates are not counted again.
    fn keep_items(&mut self, items: &[Fields], most: usize) -> EngineReply {
        let ids = items.iter().map(|item| needed(item, &Field::ItemId));
        let mut ids = ids.map(|id| id.map(str::to_owned)).collect::<Result<Vec<String>, ReplyName>>()?;
        ids.truncate(most);
        let before = self.items.len();
        self.items.extend(ids.iter().cloned());
        let new = self.items.len() - before;
        self.count = self.count.saturating_add(new);
        let name = if ids.len() < items.len() {
            ReplyName::BatchPartial
        } else if new == 0 && !ids.is_empty() {
            ReplyName::BatchAlreadyAccepted
        } else {
            ReplyName::BatchAccepted
        };
        Ok(answer(name, ids))
    }
}

fn answer(name: ReplyName, kept: Vec<String>) -> Reply {
    Reply::new(name).with(Field::Accepted, FieldValue::Texts(kept))
}
