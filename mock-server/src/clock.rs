//! The sandbox's clock, which runs, is frozen, or is advanced by hand. The only file that reads real time: that of the
//! runtime, so that a clock in a paused runtime runs in step with its timers; only a stopwatch goes on there.
#![expect(clippy::disallowed_methods, reason = "this is the one place where real time enters")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use standin_contracts::protocol::{Millis, Timestamp};
use tokio::time::Instant;

/// The initial state of a sandbox's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockStart {
    /// Running from the real time.
    #[default]
    Real,
    /// Frozen at this moment.
    At(Timestamp),
    /// Frozen at this moment, without a real-time clock: histories record 0 as their real time, and so are the same in
    /// every run.
    Apart(Timestamp),
}

/// Sandbox time, and the real time since the sandbox was created.
#[derive(Debug, Clone)]
pub struct Clock {
    /// None with [`ClockStart::Apart`].
    made: Option<Instant>,
    hand: Hand,
}

#[derive(Debug, Clone, Copy)]
enum Hand {
    Running { since: Instant, then: Timestamp },
    Frozen(Timestamp),
}

/// The time left until a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remaining {
    Nothing,
    /// The clock runs: the moment comes after this much real time, unless the clock is changed.
    Runs(Duration),
    /// The clock is frozen: the moment comes only if the clock is changed.
    Stands,
}

impl Clock {
    /// A clock in this initial state.
    pub fn new(start: ClockStart) -> Self {
        let now = Instant::now();
        match start {
            ClockStart::Real => Self { made: Some(now), hand: Hand::Running { since: now, then: real_time() } },
            ClockStart::At(moment) => Self { made: Some(now), hand: Hand::Frozen(moment) },
            ClockStart::Apart(moment) => Self { made: None, hand: Hand::Frozen(moment) },
        }
    }

    /// The current sandbox time.
    pub fn now(&self) -> Timestamp {
        match self.hand {
            Hand::Running { since, then } => then.after(millis(since.elapsed())),
            Hand::Frozen(moment) => moment,
        }
    }

    /// Real time since the clock was created, in microseconds. 0 with [`ClockStart::Apart`].
    pub fn mono_us(&self) -> u64 {
        let passed = self.made.map(|made| made.elapsed().as_micros()).unwrap_or_default();
        u64::try_from(passed).unwrap_or(u64::MAX)
    }

    /// Whether the clock runs.
    pub const fn is_running(&self) -> bool {
        matches!(self.hand, Hand::Running { .. })
    }

    /// Freezes the clock at its current time.
    pub fn freeze(&mut self) {
        self.hand = Hand::Frozen(self.now());
    }

    /// Lets the clock run from its current time.
    pub fn run(&mut self) {
        self.hand = Hand::Running { since: Instant::now(), then: self.now() };
    }

    /// Advances the clock. It stays running or frozen.
    pub fn advance(&mut self, by: Millis) {
        match &mut self.hand {
            Hand::Running { then, .. } | Hand::Frozen(then) => *then = then.after(by),
        }
    }

    /// The time left until a moment.
    pub(crate) fn until(&self, moment: Timestamp) -> Remaining {
        let left = moment.since(self.now());
        match self.hand {
            _ if left == Millis::new(0) => Remaining::Nothing,
            Hand::Running { .. } => Remaining::Runs(left.into()),
            Hand::Frozen(_) => Remaining::Stands,
        }
    }
}

/// Real time since some moment, also where the runtime's own time is paused.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// A stopwatch that starts now.
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Millis {
        millis(self.0.elapsed())
    }
}

fn millis(span: Duration) -> Millis {
    Millis::new(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
}

fn real_time() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frozen() -> Clock {
        Clock::new(ClockStart::At(Timestamp::from_millis(1_000_000)))
    }

    #[test]
    fn a_frozen_clock_moves_only_when_it_is_advanced() {
        let mut clock = frozen();
        assert_eq!(clock.now().as_millis(), 1_000_000);
        clock.advance(Millis::from_secs(600));
        assert_eq!(clock.now().as_millis(), 1_600_000);
        assert!(!clock.is_running());
    }

    #[test]
    fn a_moment_ahead_is_never_reached_by_a_frozen_clock() {
        let mut clock = frozen();
        let moment = Timestamp::from_millis(1_000_001);
        assert_eq!(clock.until(moment), Remaining::Stands);
        clock.advance(Millis::new(1));
        assert_eq!(clock.until(moment), Remaining::Nothing);
    }

    #[test]
    fn a_clock_runs_on_from_where_it_was_frozen() {
        let mut clock = frozen();
        clock.run();
        assert!(clock.is_running());
        assert!(clock.now().since(Timestamp::from_millis(1_000_000)) < Millis::from_secs(60));
    }

    #[test]
    fn no_advance_takes_the_clock_out_of_the_calendar() {
        let mut clock = frozen();
        let mut before = clock.now();
        for _ in 0..200 {
            clock.advance(Millis::new(u64::MAX));
            assert!(clock.now() >= before);
            before = clock.now();
        }
    }
}
