//! Following an exchange until its last byte has left, or its client has.

use standin_contracts::contract::WireResponse;
use standin_contracts::history::{Fate, What};
use standin_contracts::protocol::Timestamp;

use super::Sandbox;
use super::exchange::{Committed, Leaving};
use super::record::{self, add_standard_headers};
use super::state::State;
use super::waiting::Parked;
use crate::fault::Fired;

/// Follows an exchange to its end. Dropped before that, it records that the answer never arrived.
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
    /// The vendor has done it or a fault swallowed it, and the client hears of it later, if ever.
    Unheard {
        committed: Committed,
        kind: &'static str,
        words: String,
    },
    /// The answer is recorded and on its way.
    Answered,
    /// There is nothing left to tell.
    Done,
}

impl ExchangeGuard {
    /// Made before the lock is taken: whatever unwinds gives the lock back before the guard wants it.
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

    /// True if the sandbox still is the one in which the exchange began.
    pub(super) fn is_of(&self, state: &State) -> bool {
        self.epoch == state.epoch
    }

    /// Records an answer that no fault touched and that leaves at once, at a moment that is known already or is now.
    pub(super) fn tell(&mut self, committed: Committed, now: Option<Timestamp>) -> WireResponse {
        let wire = self.record(committed, Leaving { fault: None, fate: Fate::Delivered }, now);
        self.progress = Progress::Answered;
        wire
    }

    /// Keeps what the client has not heard yet. If it never does, the history has it as lost.
    pub(crate) fn keep(&mut self, committed: Committed, fired: &Fired) {
        self.progress = Progress::Unheard { committed, kind: fired.kind, words: fired.words.clone() };
    }

    /// Records the kept answer, which leaves now. Nothing if the sandbox was reset meanwhile.
    pub(crate) fn answer(&mut self, fate: Fate) -> Option<WireResponse> {
        let next = if fate == Fate::Delivered { Progress::Answered } else { Progress::Done };
        let Progress::Unheard { committed, kind, words } = std::mem::replace(&mut self.progress, next) else {
            return None;
        };
        let wire = self.record(committed, Leaving { fault: Some((kind, &words)), fate }, None);
        self.sandbox.with(|state| self.is_of(state)).then_some(wire)
    }

    /// The answer goes on at this moment of sandbox time, unless its client has gone by then.
    pub(crate) fn drip(&self, next: Timestamp, sent: u64) {
        self.sandbox.with(|state| {
            if self.is_of(state) {
                state.parked.insert(self.exchange, Parked::Dripping { next, sent });
            }
        });
    }

    /// Waits for the moment until which the exchange was parked as it began: the clock may have been moved since.
    pub(crate) async fn wait_parked(&self) {
        if let Some(Parked::Until(moment)) = self.sandbox.parked(self.exchange) {
            self.sandbox.wait_until(moment).await;
        }
    }

    /// Waits for the moment until which the answer is parked. It stays so until it is parked anew: whoever looks in between
    /// sees that the moment has come.
    pub(crate) async fn wait_until(&self, moment: Timestamp) {
        self.sandbox.wait_until(moment).await;
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.sandbox.now()
    }

    /// Records the kept answer, whose head leaves now and whose body follows, as far as its client waits for it.
    pub(crate) fn begin_answer(&mut self) -> Option<WireResponse> {
        let leg = self.sandbox.with(|state| state.open.get(&self.exchange).copied());
        let wire = self.answer(Fate::Cut)?;
        self.progress = Progress::Answered;
        // It goes on for as long as its client waits for more.
        self.sandbox.with(|state| state.open.extend(leg.map(|leg| (self.exchange, leg))));
        Some(wire)
    }

    /// The line breaks before the whole answer was sent.
    pub(crate) fn break_off(&mut self) {
        self.progress = Progress::Done;
        self.fail("the line broke before the whole answer was sent");
    }

    pub(crate) fn done(mut self) {
        self.progress = Progress::Done;
    }

    /// Records an answer as it leaves, with the headers that it bears.
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
                state.append(What::SendFailed { exchange: self.exchange, why: why.to_owned() });
            }
        });
    }
}

impl Drop for ExchangeGuard {
    fn drop(&mut self) {
        match self.progress {
            Progress::Done => {}
            Progress::Answered => self.fail("the client went away before the whole answer was sent"),
            // The server answers in the handler's place, as soon as the stack is unwound.
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
