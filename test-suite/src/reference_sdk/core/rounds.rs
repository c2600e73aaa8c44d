//! When an install submits what it has: in rounds that never overlap, and not before the vendor may be asked again.

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

    /// Nothing more is sent. What is on its way still counts if it is answered: it may have arrived.
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

    /// A round takes all that was recorded before it. One that is open goes on.
    pub(super) fn open_round(&mut self) {
        if !self.stored.round_open {
            self.stored.round_open = true;
            self.stored.rounds += 1;
            self.make_batches();
        }
    }

    /// True if a round would have nothing to submit.
    fn is_idle(&self) -> bool {
        self.stored.kept() == 0 && !self.has_news_of_permissions()
    }

    /// Rounds that would have submitted nothing were none: the next keeps to the interval all the same.
    pub(super) fn skip_empty_rounds(&mut self) {
        let Some(next) = self.stored.next_round.filter(|next| *next <= self.now && self.is_idle()) else { return };
        let interval = self.interval().get().max(1);
        let rounds = self.now.since(next).get() / interval + 1;
        self.stored.next_round = Some(next.after(Millis::new(rounds.saturating_mul(interval))));
    }

    /// When the next round is due, if it can begin then and has anything to submit.
    pub(super) fn due_round(&self) -> Option<Timestamp> {
        let may = self.stored.syncing == Syncing::On && self.behaviour.may_sync(&self.stored) && self.device.online;
        let may = may && !self.is_idle();
        self.stored.next_round.filter(|_| may)
    }

    /// Begins the round that is due. If one is still open, the due one falls out; those that were slept through do too.
    pub(super) fn begin_due_round(&mut self) {
        let Some(due) = self.due_round().filter(|due| *due <= self.now) else { return };
        let next = due.after(self.interval());
        self.stored.next_round = Some(if next > self.now { next } else { self.now.after(self.interval()) });
        self.open_round();
    }

    /// When what failed is tried again, if it can be then.
    pub(super) fn next_try(&self) -> Option<Timestamp> {
        let waits = self.stored.round_open && self.behaviour.may_sync(&self.stored) && self.device.online;
        self.stored.not_before.filter(|_| waits)
    }

    /// Sends whatever may be sent now.
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

    /// While the vendor fails, it is asked for one thing at a time.
    pub(super) fn has_to_wait(&self) -> bool {
        self.stored.failures > 0 && self.is_flying(Purpose::is_sync)
    }

    /// Something failed that may succeed later.
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
