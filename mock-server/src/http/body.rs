//! Response bodies: whole and followed to the last byte, truncated on purpose, dripping, or the admin API's.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::StreamExt;
use http_body::{Body, Frame, SizeHint};

use super::drip::Drip;
use super::wire::Control;
use crate::sandbox::ExchangeGuard;

#[derive(Debug)]
pub(super) enum ReplyBody {
    Whole(Whole),
    Cut(Cut),
    Drip(Drip),
    Admin(axum::body::Body),
}

#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body was cut on purpose")]
    Cut,
    /// The admin API failed to produce the body.
    #[error("the body could not be made")]
    Admin(#[from] axum::Error),
}

/// A body that is sent whole. It hands its exchange to the connection, which records when the bytes have left.
#[derive(Debug)]
pub(super) struct Whole {
    bytes: Option<Bytes>,
    guard: Option<ExchangeGuard>,
    control: Arc<Control>,
}

/// A body of which only the first bytes are sent.
#[derive(Debug)]
pub(super) struct Cut {
    kept: Option<Bytes>,
    promised: u64,
    /// The connection's number of flushes when the last kept byte was handed over.
    handed_at: Option<u64>,
    control: Arc<Control>,
}

impl Whole {
    pub(super) fn new(bytes: Vec<u8>, guard: Option<ExchangeGuard>, control: Arc<Control>) -> Self {
        let bytes = (!bytes.is_empty()).then(|| Bytes::from(bytes));
        Self { bytes, guard, control }
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if let (None, Some(guard)) = (&self.bytes, self.guard.take()) {
            self.control.follow(guard);
        }
    }
}

impl Cut {
    /// Keeps this many bytes, or half of them if `keep` is none. At least one byte is lost.
    pub(super) fn new(bytes: Vec<u8>, keep: Option<usize>, control: Arc<Control>) -> Self {
        let keep = keep.unwrap_or(bytes.len() / 2).min(bytes.len().saturating_sub(1));
        let promised = bytes.len() as u64;
        let kept = Bytes::from(bytes).slice(..keep);
        Self { kept: (!kept.is_empty()).then_some(kept), promised, handed_at: None, control }
    }

    /// Returns an error once all kept bytes have left. An earlier error would discard those bytes.
    fn poll(&mut self, cx: &Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.control.wake_at_flush(cx);
        let handed_at = *self.handed_at.get_or_insert_with(|| self.control.flushes());
        if let Some(kept) = self.kept.take() {
            return Poll::Ready(Some(Ok(Frame::data(kept))));
        }
        if self.control.flushes() > handed_at { Poll::Ready(Some(Err(BodyError::Cut))) } else { Poll::Pending }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.get_mut() {
            Self::Whole(whole) => Poll::Ready(whole.bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Cut(cut) => cut.poll(cx),
            Self::Drip(drip) => drip.bytes.poll_next_unpin(cx).map_ok(Frame::data),
            Self::Admin(body) => Pin::new(body).poll_frame(cx).map_err(BodyError::from),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(whole) => whole.bytes.is_none(),
            Self::Cut(_) | Self::Drip(_) => false,
            Self::Admin(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(whole) => SizeHint::with_exact(whole.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Cut(cut) => SizeHint::with_exact(cut.promised),
            Self::Drip(drip) => SizeHint::with_exact(drip.promised),
            Self::Admin(body) => body.size_hint(),
        }
    }
}
