//! The subject's own clock: virtual if Standin moves it, else real. A client backend and an SDK under test at the
//! same time each have their own.

use crate::history::Event;
use crate::protocol::{Millis, Timestamp};

use super::Context;

/// The time of an event by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) at: Timestamp,
    /// Real time, in microseconds.
    mono_us: u64,
}

impl Moment {
    pub(crate) fn of(event: &Event) -> Self {
        Self { at: event.at, mono_us: event.mono_us }
    }
}

/// The longest time, in microseconds of real time, for which a request may have been on its way.
const ON_ITS_WAY: u64 = 250_000;
/// The same while the vendor's clock stands still, where only a busy machine can hold a request up.
const ON_ITS_WAY_STILL: u64 = 2_000_000;

impl Moment {
    /// The real time since an earlier moment, in microseconds.
    pub(crate) fn real_us_since(self, earlier: Self) -> u64 {
        self.mono_us.saturating_sub(earlier.mono_us)
    }

    pub(crate) fn later(self, other: Self) -> Self {
        if (other.at, other.mono_us) > (self.at, self.mono_us) { other } else { self }
    }

    /// Whether this event may have been sent before `earlier` was heard: at the same standing instant, or hardly later by
    /// a clock that runs by itself.
    pub(crate) fn may_have_crossed(self, earlier: Self) -> bool {
        let (passed, real) = (self.at.since(earlier.at).get(), self.real_us_since(earlier));
        let is_moved = passed > real / 1000 + 1;
        !is_moved && real < if passed <= 1 { ON_ITS_WAY_STILL } else { ON_ITS_WAY }
    }
}

/// The clock of a subject.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    is_virtual: bool,
}

impl Pace {
    /// The clock of the subject that a rule is about. The client backend's, if the rule is about several.
    pub(crate) fn of(context: &Context<'_>) -> Self {
        Self { is_virtual: context.is_virtual() }
    }

    /// The clock of the SDK, for a rule that is about client backends too.
    pub(crate) fn of_sdk(context: &Context<'_>) -> Self {
        Self { is_virtual: context.has_advanced_sdk() }
    }

    /// Whether time passes by itself, so that a busy machine takes some of it.
    pub(crate) fn is_real(self) -> bool {
        !self.is_virtual
    }

    /// The subject's time between two moments. Zero if the later one isn't later.
    pub(crate) fn between(self, earlier: Moment, later: Moment) -> Millis {
        if self.is_virtual {
            return later.at.since(earlier.at);
        }
        Millis::new(later.real_us_since(earlier) / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(millis: i64, mono_us: u64) -> Moment {
        Moment { at: Timestamp::from_millis(1_000_000 + millis), mono_us: 5_000_000 + mono_us }
    }

    #[test]
    fn what_may_have_crossed_was_sent_at_the_same_instant_or_at_once() {
        let crossed = |millis, mono_us| after(millis, mono_us).may_have_crossed(after(0, 0));
        assert!(crossed(0, 1_900_000), "a busy machine, and a clock that stands still");
        assert!(crossed(240, 240_000), "a clock that runs by itself");
        assert!(!crossed(300, 300_000), "later by such a clock");
        assert!(!crossed(2, 100), "time was moved in between");
        assert!(!crossed(0, 2_000_000), "long after");
    }
}
