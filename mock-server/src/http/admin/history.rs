//! A sandbox's history, read in pages.

use std::sync::Arc;

use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::history::{Event, Header};

use super::Named;
use super::refusal::Refusal;

/// The default number of events in a page.
const USUAL: usize = 1000;
const QUERY: &str =
    "the query takes `after`, the number of an event, and `limit`, how many events; both are whole numbers";
/// The most events in a page.
const MOST: usize = 10_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    #[serde(default)]
    after: u64,
    #[serde(default = "usual")]
    limit: usize,
}

/// A page of a sandbox's history.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Page {
    /// The history's header: its first line on disk.
    header: Header,
    /// The events of the page, in the order of their numbers.
    events: Vec<Arc<Event>>,
    /// The value of `after` for the next page.
    next: u64,
}

const fn usual() -> usize {
    USUAL
}

pub(super) async fn read(
    Named(sandbox): Named,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Page>, Refusal> {
    let Query(wanted) = wanted.map_err(|_| Refusal::bad_request(QUERY))?;
    let events = sandbox.history_after(wanted.after, wanted.limit.min(MOST));
    let next = events.last().map_or(wanted.after, |event| event.seq);
    Ok(Json(Page { header: sandbox.header(), events, next }))
}
