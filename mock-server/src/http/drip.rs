//! A body that is sent one byte at a time and is never complete.

use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use standin_contracts::protocol::{Millis, Timestamp};

use super::body::BodyError;
use super::wire::Control;
use crate::fault::Release;
use crate::sandbox::ExchangeGuard;

/// The rest of a dripping answer.
struct Dripping {
    /// The bytes still to be sent, without the body's last byte.
    rest: Bytes,
    sent: u64,
    next: Timestamp,
    every: Millis,
    guard: ExchangeGuard,
    release: Release,
    control: Arc<Control>,
}

/// A dripping body: the length that it announces, and the bytes that are sent.
pub(super) struct Drip {
    pub(super) promised: u64,
    pub(super) bytes: BoxStream<'static, Result<Bytes, BodyError>>,
}

impl std::fmt::Debug for Drip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drip").field("promised", &self.promised).finish_non_exhaustive()
    }
}

/// Drips a body until its client disconnects. If the fault is released or cleared, the connection is reset.
pub(super) fn drip(
    bytes: Vec<u8>,
    every: Millis,
    guard: ExchangeGuard,
    release: Release,
    control: Arc<Control>,
) -> Drip {
    let promised = bytes.len() as u64;
    let rest = Bytes::from(bytes).slice(..usize::try_from(promised.saturating_sub(1)).unwrap_or_default());
    let next = guard.now().after(every);
    guard.drip(next, 0);
    let dripping = Dripping { rest, sent: 0, next, every, guard, release, control };
    Drip { promised, bytes: stream::unfold(dripping, one_byte).boxed() }
}

/// Waits for the next byte. After the last one that is sent, it waits forever.
async fn one_byte(mut dripping: Dripping) -> Option<(Result<Bytes, BodyError>, Dripping)> {
    tokio::select! {
    biased;
           () = dripping.release.wait(dripping.guard.exchange()) => {
               dripping.guard.break_off();
               dripping.control.reset();
               return Some((Err(BodyError::Cut), dripping));
           }
           () = dripping.guard.wait_until(dripping.next) => {}
       }
    dripping.next = dripping.next.after(dripping.every);
    let byte = dripping.rest.split_to(dripping.rest.len().min(1));
    dripping.sent += byte.len() as u64;
    dripping.guard.drip(dripping.next, dripping.sent);
    Some((Ok(byte), dripping))
}
