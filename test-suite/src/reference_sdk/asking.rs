//! A request under way that can be cancelled at once, without waiting for the runtime.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

use super::message::VendorAnswer;

/// The result of a request: an answer, or none.
type Heard = Option<VendorAnswer>;

enum State {
    Asked(Pin<Box<dyn Future<Output = Heard> + Send>>),
    Heard(Heard),
    GivenUp,
}

/// A request under way. Its clones share it.
#[derive(Clone)]
pub(super) struct Asking(Arc<Mutex<State>>);

impl Asking {
    /// A request that is sent at once, or else when its answer is first awaited.
    pub(super) fn new(asking: impl Future<Output = Heard> + Send + 'static, at_once: bool) -> Self {
        let this = Self(Arc::new(Mutex::new(State::Asked(Box::pin(asking)))));
        if at_once && let Poll::Ready(Some(heard)) = this.poll(&mut Context::from_waker(Waker::noop())) {
            *this.0.lock() = State::Heard(heard);
        }
        this
    }

    /// Cancels the request and drops its connection at once.
    pub(super) fn give_up(&self) {
        *self.0.lock() = State::GivenUp;
    }

    /// Waits for the result. None if the request was cancelled.
    pub(super) fn answer(&self) -> impl Future<Output = Option<Heard>> + Send + use<> {
        let this = self.clone();
        poll_fn(move |context| this.poll(context))
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Heard>> {
        let mut state = self.0.lock();
        match &mut *state {
            State::Asked(asking) => asking.as_mut().poll(context).map(Some),
            State::Heard(heard) => Poll::Ready(Some(heard.take())),
            State::GivenUp => Poll::Ready(None),
        }
    }
}
