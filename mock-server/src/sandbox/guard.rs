//! The guard of an exchange: follows it until its last byte has left, or its client has disconnected.

use standin_contracts::contract::WireResponse;
use standin_contracts::history::{Fate, What};
use standin_contracts::protocol::Timestamp;

use super::Sandbox;
use super::exchange::{Committed, Leaving};
use super::record::{self, add_standard_headers};
use super::state::State;
use super::waiting::Parked;
use crate::fault::Fired;

/// Follows an exchange to its end. If it is dropped earlier, it records that the answer never arrived.
#[derive(Debug)]
pub(crate) struct ExchangeGuard {
    sandbox: Sandbox,
    epoch: u64,
    exchange: u64,
    progress: Progress,
}

#[derive(Debug)]
enum Progress {
    Asked,
    /// The vendor has committed, or a fault replaced it. The answer is not sent yet.
    Unheard {
        committed: Committed,
        kind: &'static str,
        words: String,
    },
    /// The answer is recorded and is being sent.
    Answered,
    /// Nothing is left to record.
    Done,
}

impl ExchangeGuard {
    /// Created before the lock is taken. If a panic unwinds, the lock is then released before the guard's drop takes
    /// it.
    pub(super) fn new(sandbox: &Sandbox) -> Self {
        Self { sandbox: sandbox.clone(), epoch: 0, exchange: 0, progress: Progress::Done }
    }

    pub(super) fn open(&mut self, epoch: u64, exchange: u64) {
        self.epoch = epoch;
        self.exchange = exchange;
        self.progress = Progress::Asked;
    }

    pub(crate) const fn exchange(&self) -> u64 {
        self.exchange
    }

    /// Whether the sandbox was not reset since the exchange began.
    pub(super) fn is_of(&self, state: &State) -> bool {
        self.epoch == state.epoch
    }

    /// Whether the client is known to be gone, though the connection may not show it yet.
    pub(crate) fn is_abandoned(&self) -> bool {
        let state = self.sandbox.inner.state.lock();
        self.is_of(&state) && state.open.get(&self.exchange).is_some_and(|open| open.is_abandoned)
    }

    /// Records an answer without a fault that is sent at once. `now` is the moment of the answer, if it is known
    /// already.
    pub(super) fn tell(&mut self, committed: Committed, now: Option<Timestamp>) -> WireResponse {
        let wire = self.record(committed, Leaving { fault: None, fate: Fate::Delivered }, now);
        self.progress = Progress::Answered;
        wire
    }

    /// Keeps an answer that is not sent yet. If it is never sent, the history records it as lost.
    pub(crate) fn keep(&mut self, committed: Committed, fired: &Fired) {
        self.progress = Progress::Unheard { committed, kind: fired.kind, words: fired.words.clone() };
    }

    /// Records the kept answer, which is sent now. None if the sandbox was reset.
    pub(crate) fn answer(&mut self, fate: Fate) -> Option<WireResponse> {
        let next = if fate == Fate::Delivered { Progress::Answered } else { Progress::Done };
        let Progress::Unheard { committed, kind, words } = std::mem::replace(&mut self.progress, next) else {
            return None;
        };
        let wire = self.record(committed, Leaving { fault: Some((kind, &words)), fate }, None);
        self.sandbox.with(|state| self.is_of(state)).then_some(wire)
    }

    /// Records the sandbox time at which the next byte is sent, and the number of bytes so far.
    pub(crate) fn drip(&self, next: Timestamp, sent: u64) {
        self.sandbox.with(|state| {
            if self.is_of(state) {
                state.parked.insert(self.exchange, Parked::Dripping { next, sent });
            }
        });
    }

    /// Waits for the moment until which the exchange was parked at its beginning. The clock may have been advanced
    /// since.
    pub(crate) async fn wait_parked(&self) {
        if let Some(Parked::Until(moment)) = self.sandbox.parked(self.exchange) {
            self.sandbox.wait_until(moment).await;
        }
    }

    /// Waits for the moment until which the answer is parked. It stays parked until it is parked anew, so that a reader
    /// in between sees that the moment has passed.
    pub(crate) async fn wait_until(&self, moment: Timestamp) {
        self.sandbox.wait_until(moment).await;
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.sandbox.now()
    }

    /// Records the kept answer, whose head is sent now and whose body follows. None if the sandbox was reset.
    pub(crate) fn begin_answer(&mut self) -> Option<WireResponse> {
        let open = self.sandbox.with(|state| self.is_of(state).then(|| state.open.remove(&self.exchange))).flatten();
        let wire = self.answer(Fate::Cut)?;
        self.progress = Progress::Answered;
        // The exchange stays open while its client waits for the body.
        self.sandbox.with(|state| state.open.extend(open.map(|open| (self.exchange, open))));
        Some(wire)
    }

    /// Records that the connection broke before the whole answer was sent.
    pub(crate) fn break_off(&mut self) {
        if self.is_abandoned() {
            return;
        }
        self.progress = Progress::Done;
        self.fail("the line broke before the whole answer was sent");
    }

    pub(crate) fn done(mut self) {
        self.progress = Progress::Done;
    }

    /// Records an answer as it is sent, and adds the standard headers.
    fn record(&self, committed: Committed, leaving: Leaving<'_>, now: Option<Timestamp>) -> WireResponse {
        let is_answer = committed.is_answer();
        let Committed { reply, mut wire } = committed;
        if is_answer {
            let now = now.unwrap_or_else(|| self.sandbox.now());
            add_standard_headers(&mut wire, now, leaving.fault.map(|(kind, _)| kind));
        }
        let redactor = &self.sandbox.inner.redactor;
        let response = record::response(&redactor.read(), self.exchange, &wire, reply.as_ref(), leaving);
        self.sandbox.with(|state| {
            if self.is_of(state) {
                state.close(self.exchange);
                state.append(What::Response(response.into()));
            }
        });
        wire
    }

    fn fail(&self, why: &str) {
        self.sandbox.with(|state| {
            if self.is_of(state) {
                state.close(self.exchange);
                state.append(What::SendFailed { exchange: self.exchange, why: why.to_owned(), unreached: false });
            }
        });
    }
}

impl Drop for ExchangeGuard {
    fn drop(&mut self) {
        match self.progress {
            Progress::Done => {}
            Progress::Answered => self.fail("the client went away before the whole answer was sent"),
            // The server answers in the handler's place, once the stack is unwound.
            _ if std::thread::panicking() => {
                let fault = Some(("panic", "our own fault: the handler panicked"));
                self.record(
                    Committed::instead(crate::http::our_fault()),
                    Leaving { fault, fate: Fate::Delivered },
                    None,
                );
            }
            Progress::Asked => self.fail("the client went away before it was answered"),
            Progress::Unheard { .. } => {
                self.answer(Fate::Lost);
                self.fail("the client went away before it was answered");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use standin_contracts::contract::WireRequest;

    use super::super::exchange::Routed;
    use super::super::{HISTORY_LIMIT, SandboxSetup};
    use super::*;
    use crate::clock::ClockStart;

    fn sandbox() -> Sandbox {
        Sandbox::new(SandboxSetup {
            name: "s".to_owned(),
            seed: 0,
            vendors: Vec::new(),
            clock: ClockStart::Real,
            history_limit: HISTORY_LIMIT,
            history_dir: None,
        })
    }

    fn answered(sandbox: &Sandbox) -> ExchangeGuard {
        let routed = Routed {
            sandbox: sandbox.clone(),
            claimed: true,
            install: None,
            vendor: None,
            operation: None,
            call: None,
            is_browsers: false,
        };
        sandbox.refuse(&routed, WireRequest::default(), crate::http::our_fault()).1
    }

    #[test]
    fn an_answer_that_never_left_whole_is_recorded_as_that() {
        let sandbox = sandbox();
        answered(&sandbox).done();
        drop(answered(&sandbox));
        let events = sandbox.history_after(0, 10);
        assert_eq!(events.len(), 5);
        assert!(matches!(events[4].event, What::SendFailed { exchange: 2, .. }));
    }

    #[test]
    fn a_panicking_handler_leaves_the_answer_that_is_given_in_its_place() {
        let sandbox = sandbox();
        let inner = sandbox.clone();
        let panicked = std::thread::spawn(move || {
            let mut guard = answered(&inner);
            guard.progress = Progress::Asked;
            panic!("on purpose");
        });
        assert!(panicked.join().is_err());
        let events = sandbox.history_after(2, 10);
        let What::Response(response) = &events[0].event else { panic!("{events:?}") };
        assert_eq!((response.status, events.len()), (500, 1));
        assert!(response.fault.as_deref().is_some_and(|words| words.contains("panicked")));
    }
}
