//! The batches that an SDK submitted to the vendor, their items, and the items that the vendor kept.

use std::collections::BTreeSet;

use serde_json::Value;

use super::timelines::InstallTimeline;
use super::tracker::Exchange;
use crate::history::{Fate, Response};
use crate::protocol::{CommandName, Field, ReplyName, SdkCommandName};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Item<'l> {
    pub(crate) id: Option<&'l str>,
    /// The kind of data, taken from the item or else from its batch.
    pub(crate) category: Option<&'l str>,
}

/// The batches of an install, in the order they were sent.
pub(crate) fn submits<'l>(timeline: &InstallTimeline<'l>) -> Vec<&'l Exchange> {
    timeline.calls(CommandName::SubmitBatch).collect()
}

/// The items in a batch's request.
pub(crate) fn items(submit: &Exchange) -> Vec<Item<'_>> {
    let whole = field(submit, &Field::Category).and_then(Value::as_str);
    let list = field(submit, &Field::Items).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .map(|item| Item { id: of(item, &Field::ItemId), category: of(item, &Field::ItemCategory).or(whole) })
        .collect()
}

/// The ids of a batch's items.
pub(crate) fn ids(submit: &Exchange) -> BTreeSet<&str> {
    items(submit).into_iter().filter_map(|item| item.id).collect()
}

pub(crate) fn batch_id(submit: &Exchange) -> Option<&str> {
    field(submit, &Field::BatchId).and_then(Value::as_str)
}

/// The ids of the items that the vendor kept, even if its answer was lost.
pub(crate) fn kept(submit: &Exchange) -> BTreeSet<&str> {
    let Some(answer) = submit.answer().filter(|_| submit.is_done()) else { return BTreeSet::new() };
    // An answer that lists the kept items is trusted, with any reply.
    let is_listed = answer.fields.contains_key(Field::Accepted.name().as_ref());
    if is_listed || answer.reply == Some(ReplyName::BatchPartial) { accepted(answer) } else { ids(submit) }
}

/// Whether an install may hold something at `place` that it has not submitted. True if it was never given anything, since
/// nobody knows then what it collects by itself.
pub(crate) fn may_hold(timeline: &InstallTimeline<'_>, place: u64) -> bool {
    let mut records = timeline.commands(&[SdkCommandName::Record]).peekable();
    let was_sent = |id: &str| submits(timeline).iter().any(|submit| submit.opened < place && ids(submit).contains(id));
    records.peek().is_none()
        || records.any(|record| record.seq < place && record.text("id").is_none_or(|id| !was_sent(id)))
}

/// Whether two batches have the same content, as far as the contract can read it.
pub(crate) fn is_same_content(one: &Exchange, other: &Exchange) -> bool {
    match (field(one, &Field::Items), field(other, &Field::Items)) {
        (None, None) => text(one) == text(other),
        (one, other) => one == other,
    }
}

/// Whether a batch failed for a temporary reason: it broke off, the answer says so, or the answer can't be read.
pub(crate) fn is_hopeful(submit: &Exchange) -> bool {
    match submit.delivered() {
        None => submit.answer().map_or(submit.broken_off.is_some(), |answer| !is_nothing_cut(answer)),
        Some((_, answer)) => passes(answer),
    }
}

/// Whether it is unknown if the vendor kept the batch.
pub(crate) fn is_unknown(submit: &Exchange) -> bool {
    match submit.delivered() {
        None => true,
        Some((_, answer)) => answer.reply.is_none() && matches!(answer.status, 200..300 | 500..600),
    }
}

/// Whether a cut answer had no body to cut, so the client may have received all of it.
fn is_nothing_cut(answer: &Response) -> bool {
    answer.fate == Fate::Cut && answer.body.as_ref().is_none_or(|body| body.bytes == 0)
}

fn passes(answer: &Response) -> bool {
    match answer.reply {
        Some(reply) => matches!(reply, ReplyName::Throttled | ReplyName::Unavailable),
        None => matches!(answer.status, 200..300 | 408 | 425 | 429 | 500..600),
    }
}

fn accepted(answer: &Response) -> BTreeSet<&str> {
    let list = answer.fields.get(Field::Accepted.name().as_ref()).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

fn of<'l>(item: &'l Value, field: &Field) -> Option<&'l str> {
    item.get(field.name().as_ref()).and_then(Value::as_str)
}

fn field<'l>(submit: &'l Exchange, field: &Field) -> Option<&'l Value> {
    submit.request.step.as_ref()?.fields.get(field.name().as_ref())
}

fn text(submit: &Exchange) -> Option<&str> {
    submit.request.body.as_ref().map(|body| body.text.as_str())
}
