//! Recorded items: a bounded queue, batches that never change once sent, and the handling of their answers.

use std::collections::BTreeMap;

use standin_contracts::protocol::{CommandName, Field, FieldValue, Fields, ReplyName};

use super::flight::Purpose;
use super::{Core, done_saying};
use crate::reference_sdk::answer_class::AnswerClass;
use crate::reference_sdk::message::VendorAnswer;
use crate::reference_sdk::stored::{Batch, Item, Report};

/// The largest number of stored items.
const CAPACITY: usize = 1000;

impl Core {
    /// Stores an item if it can. An accepted item is stored before the call returns.
    pub(super) fn record(&mut self, call: u64, id: String, category: String) {
        let known = self.stored.items().any(|item| item.id == id);
        let may = self.may_submit(&category);
        let fits = self.behaviour.may_sync(&self.stored) && may && self.stored.kept() < CAPACITY;
        if fits && !known {
            let recorded_at = self.device_time();
            self.stored.queue.push(Item { id, category, recorded_at });
        }
        self.returns(call, done_saying("accepted", fits || known || !may && self.behaviour.accepts_denied()));
    }

    /// Packs the items that may be submitted into batches of one category each, in the order of recording. Unsent
    /// batches of an earlier round belong to this round.
    pub(super) fn make_batches(&mut self) {
        for batch in self.stored.batches.iter_mut().filter(|batch| !batch.sent) {
            batch.round = self.stored.rounds;
        }
        let queue = std::mem::take(&mut self.stored.queue);
        let (fit, held): (Vec<Item>, Vec<Item>) = queue.into_iter().partition(|item| self.may_submit(&item.category));
        self.stored.queue = held;
        for part in self.behaviour.pack(fit, &|category| self.config.most_items(category)) {
            let batch = self.new_batch(part);
            self.stored.batches.push(batch);
        }
    }

    fn new_batch(&mut self, items: Vec<Item>) -> Batch {
        let category = items.first().map(|item| item.category.clone()).unwrap_or_default();
        Batch { id: self.draw_id(), round: self.stored.rounds, sent: false, in_doubt: false, category, items }
    }

    /// Sends the first batches of each category, as many at a time as the behaviour has workers.
    pub(super) fn submit_batches(&mut self) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut heads = Vec::new();
        for batch in &self.stored.batches {
            let earlier = seen.entry(&batch.category).or_default();
            if *earlier < self.behaviour.workers() {
                heads.push(batch.clone());
            }
            *earlier += 1;
        }
        for batch in heads {
            let is_flying = self.flying_batches().any(|id| id == batch.id);
            if self.may_submit(&batch.category) && !is_flying && !self.has_to_wait() {
                let batch = if batch.sent { self.made_again(batch) } else { batch };
                let fields = batch_fields(&batch);
                self.note_sent(&batch.id);
                self.send(Purpose::Batch { id: batch.id }, fields);
            }
        }
    }

    /// A batch as it is sent again: unchanged and under its own id, unless the behaviour fills it up or renames it.
    fn made_again(&mut self, mut batch: Batch) -> Batch {
        let Some(place) = self.stored.batches.iter().position(|kept| kept.id == batch.id) else { return batch };
        let room = self.config.most_items(&batch.category).saturating_sub(batch.items.len());
        let fits = |item: &Item| room > 0 && item.category == batch.category;
        if self.stored.queue.iter().any(fits) && self.behaviour.fills_up() {
            let (new, held): (Vec<Item>, Vec<Item>) =
                std::mem::take(&mut self.stored.queue).into_iter().partition(|item| item.category == batch.category);
            let (new, late) = new.split_at(room.min(new.len()));
            batch.items.extend(new.iter().cloned());
            self.stored.queue = [late, &held].concat();
        }
        if self.behaviour.renames(batch.in_doubt) {
            batch.id = self.draw_id();
        }
        self.stored.batches[place].clone_from(&batch);
        batch
    }

    /// The ids of the batches under way.
    fn flying_batches(&self) -> impl Iterator<Item = &str> {
        let flights = self.process.iter().flat_map(|process| process.flights.values());
        flights.filter_map(|flight| match &flight.purpose {
            Purpose::Batch { id } => Some(id.as_str()),
            _ => None,
        })
    }

    fn note_sent(&mut self, id: &str) {
        if let Some(batch) = self.stored.batches.iter_mut().find(|batch| batch.id == id) {
            batch.sent = true;
        }
    }

    pub(super) fn batch_answered(&mut self, id: &str, token: Option<&str>, answer: Option<&VendorAnswer>) {
        let class = self.heard(token, answer);
        let Some(place) = self.stored.batches.iter().position(|batch| batch.id == id) else { return };
        match class {
            AnswerClass::Done if self.behaviour.lets_go(&self.stored.batches[place]) => self.batch_done(place, answer),
            AnswerClass::Passing => {
                self.stored.batches[place].in_doubt =
                    answer.is_none_or(|answer| answer.replies.is_empty() && !(400..500).contains(&answer.status));
                self.prepare_again(place);
            }
            AnswerClass::TooLarge => self.split(place),
            AnswerClass::Hopeless | AnswerClass::KeyRefused => drop(self.stored.batches.remove(place)),
            _ => {}
        }
    }

    /// Prepares a batch for its retry.
    fn prepare_again(&mut self, place: usize) {
        if self.behaviour.repacks() {
            let items = self.stored.batches.remove(place).items;
            self.stored.queue.splice(..0, items);
            self.make_batches();
        }
    }

    /// Handles an answer to a request as it concerns the whole install, and returns its class.
    pub(super) fn heard(&mut self, token: Option<&str>, answer: Option<&VendorAnswer>) -> AnswerClass {
        let class = answer.map_or(AnswerClass::Passing, |answer| self.behaviour.class(answer));
        match class {
            AnswerClass::Passing => self.try_later(answer),
            AnswerClass::SessionRefused => self.session_refused(token),
            AnswerClass::Deactivated => self.fall_silent("deactivated"),
            // Other requests would fail too now, and may succeed in the next round.
            AnswerClass::KeyRefused => self.stored.round_open = false,
            AnswerClass::Erased => self.lose_user(),
            AnswerClass::Done | AnswerClass::TooLarge | AnswerClass::Hopeless => self.session_taken(token),
        }
        if class == AnswerClass::Done {
            self.succeeded();
            self.note_enabled(answer.map(|answer| &answer.fields));
        }
        class
    }

    /// Removes a batch. Items that the vendor did not accept go into a new batch.
    fn batch_done(&mut self, place: usize, answer: Option<&VendorAnswer>) {
        let batch = self.stored.batches.remove(place);
        let partly = answer.filter(|answer| answer.replies.contains(&ReplyName::BatchPartial));
        let Some(FieldValue::Texts(kept)) = partly.and_then(|answer| answer.fields.get(&Field::Accepted)) else {
            return;
        };
        let before = batch.items.len();
        let rest: Vec<Item> = batch.items.into_iter().filter(|item| !kept.contains(&item.id)).collect();
        if rest.len() == before {
            self.try_later(answer);
        }
        if !rest.is_empty() {
            let batch = self.new_batch(rest);
            self.stored.batches.insert(place, batch);
        }
    }

    /// Replaces a batch that was too large by two halves. A single item that is too large is dropped.
    fn split(&mut self, place: usize) {
        let mut batch = self.stored.batches.remove(place);
        if batch.items.len() < 2 {
            return;
        }
        let rest = batch.items.split_off(batch.items.len() / 2);
        for (offset, items) in [batch.items, rest].into_iter().enumerate() {
            let half = self.new_batch(items);
            self.stored.batches.insert(place + offset, half);
        }
    }

    /// Reports the permissions to the vendor, if they have changed since the last report.
    pub(super) fn submit_permissions(&mut self) {
        let is_same = |purpose: &Purpose| matches!(purpose, Purpose::Permissions);
        if !self.has_news_of_permissions() || self.is_flying(is_same) || self.has_to_wait() {
            return;
        }
        let report = self.report();
        let fields = permission_fields(&report.permissions)
            .with(Field::BatchId, report.id)
            .with(Field::Round, i64::try_from(report.round).unwrap_or(i64::MAX));
        self.send(Purpose::Permissions, fields);
    }

    pub(super) fn has_news_of_permissions(&self) -> bool {
        self.device.permissions != self.stored.reported && self.config.has(CommandName::ReportPermissions)
    }

    /// The report to send: the one that was begun, unless the permissions have changed since.
    fn report(&mut self) -> Report {
        let begun = self.stored.report.take().filter(|report| report.permissions == self.device.permissions);
        let report = begun.unwrap_or_else(|| Report {
            id: self.draw_id(),
            round: self.stored.rounds,
            permissions: self.device.permissions.clone(),
        });
        self.stored.report = Some(report.clone());
        report
    }

    pub(super) fn permissions_answered(&mut self, token: Option<&str>, answer: Option<&VendorAnswer>) {
        // A permanently refused report is not sent again, just as an accepted one.
        if matches!(self.heard(token, answer), AnswerClass::Done | AnswerClass::Hopeless | AnswerClass::TooLarge) {
            self.stored.reported = self.stored.report.take().map(|report| report.permissions).unwrap_or_default();
        }
    }
}

fn batch_fields(batch: &Batch) -> Fields {
    let item = |item: &Item| {
        Fields::new()
            .with(Field::ItemId, item.id.as_str())
            .with(Field::ItemCategory, item.category.as_str())
            .with(Field::ItemRecordedAt, item.recorded_at)
    };
    Fields::new()
        .with(Field::BatchId, batch.id.as_str())
        .with(Field::Round, i64::try_from(batch.round).unwrap_or(i64::MAX))
        .with(Field::Category, batch.category.as_str())
        .with(Field::Items, FieldValue::List(batch.items.iter().map(item).collect()))
}

/// The permissions in every form that contracts have for them.
pub(super) fn permission_fields(permissions: &BTreeMap<String, bool>) -> Fields {
    let grant = |(category, allowed): (&String, &bool)| {
        Fields::new().with(Field::GrantCategory, category.as_str()).with(Field::GrantAllowed, *allowed)
    };
    let each = permissions.iter().map(|(category, allowed)| (Field::Permission(category.clone()), (*allowed).into()));
    let fields: Fields = each.collect();
    fields.with(Field::Grants, FieldValue::List(permissions.iter().map(grant).collect()))
}
