//! Rounds of submission: they never overlap, and begin only when the vendor may be called again.

use standin_contracts::protocol::{Millis, Timestamp};

use super::Core;
use super::flight::Purpose;
use crate::reference_sdk::message::VendorAnswer;
use crate::reference_sdk::stored::Syncing;

impl Core {
    pub(super) fn start_sync(&mut self, call: u64) {
        if !self.behaviour.may_sync(&self.stored) {
            return self.failed(call, "no_user");
        }
        if self.stored.syncing != Syncing::On {
            self.stored.syncing = Syncing::On;
            self.stored.next_round = Some(self.behaviour.first_round(self.now, self.interval()));
        }
        self.done(call);
    }

    /// Stops syncing. Requests under way still count when they are answered, since they may have arrived.
    pub(super) fn stop_sync(&mut self, call: u64) {
        self.behaviour.stop(&mut self.stored);
        self.done(call);
    }

    pub(super) fn set_interval(&mut self, call: u64, seconds: u64) {
        if seconds == 0 {
            return self.failed(call, "interval_too_short");
        }
        let interval = Millis::from_secs(seconds);
        self.stored.interval = Some(interval);
        if self.stored.next_round.is_some_and(|next| next > self.now) {
            self.stored.next_round = Some(self.now.after(self.interval()));
        }
        self.done(call);
    }

    pub(super) fn sync_now(&mut self, call: u64) {
        if !self.behaviour.may_sync(&self.stored) {
            return self.failed(call, "no_user");
        }
        if self.stored.syncing == Syncing::Stopped {
            return self.failed(call, "sync_stopped");
        }
        self.open_round();
        self.done(call);
    }

    /// Begins a round with everything recorded so far, unless one is open already.
    pub(super) fn open_round(&mut self) {
        if !self.stored.round_open {
            self.stored.round_open = true;
            self.stored.rounds += 1;
            self.make_batches();
        }
    }

    /// Whether a round would have nothing to submit.
    fn is_idle(&self) -> bool {
        self.stored.kept() == 0 && !self.has_news_of_permissions()
    }

    /// Skips due rounds that have nothing to submit. The next round still keeps to the interval.
    pub(super) fn skip_empty_rounds(&mut self) {
        let Some(next) = self.stored.next_round.filter(|next| *next <= self.now && self.is_idle()) else { return };
        let interval = self.interval().get().max(1);
        let rounds = self.now.since(next).get() / interval + 1;
        self.stored.next_round = Some(next.after(Millis::new(rounds.saturating_mul(interval))));
    }

    /// The time of the next round, if it can begin then and has something to submit.
    pub(super) fn due_round(&self) -> Option<Timestamp> {
        let may = self.stored.syncing == Syncing::On && self.behaviour.may_sync(&self.stored) && self.device.online;
        let may = may && !self.is_idle();
        self.stored.next_round.filter(|_| may)
    }

    /// Begins the round that is due. If one is still open, the due one is skipped, and so are those missed during
    /// sleep.
    pub(super) fn begin_due_round(&mut self) {
        let Some(due) = self.due_round().filter(|due| *due <= self.now) else { return };
        let next = due.after(self.interval());
        self.stored.next_round = Some(if next > self.now { next } else { self.now.after(self.interval()) });
        self.open_round();
    }

    /// The time of the next retry, if it can be made then.
    pub(super) fn next_try(&self) -> Option<Timestamp> {
        let waits = self.stored.round_open && self.behaviour.may_sync(&self.stored) && self.device.online;
        self.stored.not_before.filter(|_| waits)
    }

    /// Sends what may be sent now.
    pub(super) fn submit(&mut self) {
        let may = self.stored.round_open && self.behaviour.may_sync(&self.stored) && self.device.online;
        let is_early = self.stored.not_before.is_some_and(|moment| moment > self.now);
        let is_busy = self.is_flying(|purpose| matches!(purpose, Purpose::Refresh)) || self.is_leaving();
        if !may || is_early || is_busy {
            return;
        }
        if self.needs_refresh() {
            let token = self.stored.session.as_ref().map(|session| session.token.clone());
            return self.refresh(token);
        }
        self.submit_permissions();
        self.submit_batches();
        if !self.is_flying(Purpose::is_sync) {
            self.stored.round_open = false;
        }
    }

    /// Whether to wait for a request under way. While the vendor fails, only one request is made at a time.
    pub(super) fn has_to_wait(&self) -> bool {
        self.stored.failures > 0 && self.is_flying(Purpose::is_sync)
    }

    /// Schedules a retry after a temporary failure.
    pub(super) fn try_later(&mut self, answer: Option<&VendorAnswer>) {
        self.stored.failures = self.stored.failures.saturating_add(1);
        let longest = self.config.longest_wait(self.stored.failures);
        let drawn = self.draw();
        let own = self.behaviour.jitter(longest, drawn);
        let pause = self.behaviour.pause(own, answer.and_then(|answer| answer.retry_after));
        let moment = self.now.after(pause);
        self.stored.not_before = self.stored.not_before.max(Some(moment));
    }

    pub(super) fn succeeded(&mut self) {
        self.stored.failures = self.behaviour.failures_after_success(self.stored.failures);
        self.stored.not_before = self.stored.not_before.filter(|moment| *moment > self.now);
    }
}
