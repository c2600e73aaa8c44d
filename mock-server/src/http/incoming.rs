//! Reads a body, up to the limit and within the time limit, and says what is wrong with it.

use std::error::Error;
use std::io::{self, ErrorKind};

use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use standin_contracts::codec::problem;
use standin_contracts::contract::WireResponse;

use crate::limits::Limits;

/// A body that is over the limit is read up to this many times the limit, so that its sender can read the refusal.
const READ_FACTOR: usize = 16;

/// The reason why a body can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    TooLarge,
    /// The body was not complete in time.
    Late,
    /// The body's chunks or trailers can't be parsed.
    Malformed,
    Broken,
}

/// Reads a body into `bytes`, which never hold more than the limit afterwards.
pub(super) async fn fill(bytes: &mut Vec<u8>, body: Incoming, limits: &Limits) -> Result<(), Flaw> {
    let read = tokio::time::timeout(limits.body_time, read(bytes, body, limits.body)).await;
    bytes.truncate(limits.body);
    read.unwrap_or(Err(Flaw::Late))
}

async fn read(bytes: &mut Vec<u8>, mut body: Incoming, limit: usize) -> Result<(), Flaw> {
    let most = limit.saturating_mul(READ_FACTOR);
    if body.size_hint().lower() > most as u64 {
        return Err(Flaw::TooLarge);
    }
    let mut count = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| flaw(&error))?.into_data() else { continue };
        count += data.len();
        if bytes.len() <= limit {
            bytes.extend_from_slice(&data);
        }
        if count > most {
            break;
        }
    }
    if count > limit { Err(Flaw::TooLarge) } else { Ok(()) }
}

/// hyper distinguishes malformed bytes from missing ones only by the kind of the underlying error.
fn flaw(error: &hyper::Error) -> Flaw {
    let cause = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    match cause.map(io::Error::kind) {
        Some(ErrorKind::InvalidData | ErrorKind::InvalidInput) => Flaw::Malformed,
        _ => Flaw::Broken,
    }
}

impl Flaw {
    /// The answer to a request with such a body, if the vendor's contract has none.
    pub(super) fn answer(self, limits: &Limits) -> WireResponse {
        match self {
            Self::TooLarge => problem(413, "content too large", &format!("a body may have {} bytes", limits.body)),
            Self::Late => {
                problem(408, "request timeout", &format!("the body was not there within {:?}", limits.body_time))
            }
            Self::Malformed => problem(400, "bad request", "the chunks of the body can't be read"),
            Self::Broken => problem(400, "bad request", "the body ended before the length that was announced"),
        }
    }
}
