//! A request that is under way, and that can be given up at once: not only when the runtime gets to it.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

use super::message::VendorAnswer;

/// What comes of a request: an answer, or nothing.
type Heard = Option<VendorAnswer>;

enum State {
    Asked(Pin<Box<dyn Future<Output = Heard> + Send>>),
    Heard(Heard),
    GivenUp,
}

/// A request that is under way.
#[derive(Clone)]
pub(super) struct Asking(Arc<Mutex<State>>);

impl Asking {
    /// A request that leaves at once, or when somebody waits for its answer.
    pub(super) fn new(asking: impl Future<Output = Heard> + Send + 'static, at_once: bool) -> Self {
        let this = Self(Arc::new(Mutex::new(State::Asked(Box::pin(asking)))));
        if at_once && let Poll::Ready(Some(heard)) = this.poll(&mut Context::from_waker(Waker::noop())) {
            *this.0.lock() = State::Heard(heard);
        }
        this
    }

    /// Nobody waits for it any more: whoever was asked notices now.
    pub(super) fn give_up(&self) {
        *self.0.lock() = State::GivenUp;
    }

    /// What comes of it; nothing if it was given up.
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
