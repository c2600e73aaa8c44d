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

impl Moment {
    pub(crate) fn later(self, other: Self) -> Self {
        if (other.at, other.mono_us) > (self.at, self.mono_us) { other } else { self }
    }

    /// Whether this event may have been sent before `earlier` was heard. By both clocks, hardly any time lies between
    /// them.
    pub(crate) fn may_have_crossed(self, earlier: Self) -> bool {
        self.at.since(earlier.at).get() <= 1 && self.mono_us.saturating_sub(earlier.mono_us) < ON_ITS_WAY
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

    /// The subject's time between two moments. Zero if the later one isn't later.
    pub(crate) fn between(self, earlier: Moment, later: Moment) -> Millis {
        if self.is_virtual {
            return later.at.since(earlier.at);
        }
        Millis::new(later.mono_us.saturating_sub(earlier.mono_us) / 1000)
    }
}
