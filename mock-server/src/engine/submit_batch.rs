//! An install submits what it recorded. What it submits twice is kept once.

use standin_contracts::protocol::{Dedupe, Field, FieldValue, Fields, Reply, ReplyName};

use super::state::Submitted;
use super::{Engine, EngineReply, Step, needed};

impl Engine {
    /// Gates belong to the SDK: what comes is taken, whatever the user allows.
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
    /// All of the batch or nothing of it. Who submits it again hears what was kept the first time.
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

    /// The first items, up to the most that are taken at once, without those that were kept before.
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
