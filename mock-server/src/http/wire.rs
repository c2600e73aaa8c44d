//! The byte stream of one connection, with a handle by which a handler can break it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use futures::task::AtomicWaker;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use super::{App, unreadable};
use crate::sandbox::ExchangeGuard;

/// A TCP stream that reports when its bytes have left. It ends in a reset on request, and fails if the client reads
/// nothing for too long.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    control: Arc<Control>,
    app: Arc<App>,
    /// The timer that runs while the client reads nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// The answer that replaces hyper's own.
    instead: Option<Bytes>,
}

/// The state that a handler and its answer's body share with their connection.
#[derive(Debug, Default)]
pub(crate) struct Control {
    reset: AtomicBool,
    flushes: AtomicU64,
    flushed: AtomicWaker,
    /// The exchange whose answer is written and has not left yet.
    leaving: Mutex<Option<ExchangeGuard>>,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, control: Arc<Control>, app: Arc<App>) -> Self {
        Self { stream, control, app, stalled: None, instead: None }
    }

    /// Whether an answer of hyper's own was replaced.
    pub(super) const fn has_answered_unreadable(&self) -> bool {
        self.instead.is_some()
    }

    /// Returns the result of a write, or an error once the client has read nothing for too long.
    fn watched<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let limit = self.app.limits.answer_time;
        // Network timeouts are in real time, not in sandbox time.
        let timer = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        timer.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Writes the whole answer that replaces hyper's own.
    fn poll_instead(&mut self, status: u16, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let app = &self.app;
        let words = self.instead.get_or_insert_with(|| unreadable::answer(app, status).into());
        while words.has_remaining() {
            let count = std::task::ready!(Pin::new(&mut self.stream).poll_write(cx, words))?;
            words.advance(count);
        }
        Poll::Ready(Ok(()))
    }
}

impl Control {
    /// Makes the connection end in a TCP reset. The handler gives up right after.
    pub(super) fn reset(&self) {
        self.reset.store(true, Ordering::Release);
    }

    /// Follows an exchange until the operating system has all of its bytes.
    pub(super) fn follow(&self, guard: ExchangeGuard) {
        *self.leaving.lock() = Some(guard);
    }

    /// The number of times that everything written has been flushed.
    pub(super) fn flushes(&self) -> u64 {
        self.flushes.load(Ordering::Acquire)
    }

    /// Wakes the task at the next flush.
    pub(super) fn wake_at_flush(&self, context: &Context<'_>) {
        self.flushed.register(context.waker());
    }

    fn all_left(&self) {
        if let Some(guard) = self.leaving.lock().take() {
            guard.done();
        }
        self.flushes.fetch_add(1, Ordering::Release);
        self.flushed.wake();
    }
}

impl Drop for Wire {
    /// Without a linger time, closing sends a reset in place of an orderly end (RFC 9293, section 3.10.7).
    fn drop(&mut self) {
        if self.control.reset.load(Ordering::Acquire)
            && let Err(error) = self.stream.set_zero_linger()
        {
            tracing::warn!(%error, "a connection that should have been reset was closed");
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = match unreadable::status_of_bare(buf) {
            Some(status) => self.poll_instead(status, cx).map_ok(|()| buf.len()),
            None => Pin::new(&mut self.stream).poll_write(cx, buf),
        };
        self.watched(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [one] = bufs {
            return self.poll_write(cx, one);
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watched(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = std::task::ready!(Pin::new(&mut self.stream).poll_flush(cx));
        if flushed.is_ok() {
            self.control.all_left();
        }
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
