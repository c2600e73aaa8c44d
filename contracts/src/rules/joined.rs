//! The state of a history so far, joined once for all rules that need more than the next event.

use super::timelines::{InstallTimeline, InstallTimelines};
use super::tracker::{AppRequest, Exchange};
use crate::history::Event;

/// The exchanges of a history, by install and by the app request that caused them.
pub struct Joined<'l> {
    timelines: Vec<InstallTimeline<'l>>,
    exchanges: Vec<&'l Exchange>,
    app_requests: Vec<AppRequest<'l>>,
    unasked: Vec<&'l Exchange>,
    is_blind: bool,
    events: &'l [Event],
}

impl<'l> Joined<'l> {
    pub(super) fn of(timelines: &'l InstallTimelines) -> Self {
        Self {
            timelines: timelines.timelines(),
            exchanges: timelines.tracker().exchanges(),
            app_requests: timelines.tracker().app_requests(),
            unasked: timelines.tracker().unasked(),
            is_blind: timelines.is_blind(),
            events: timelines.events(),
        }
    }

    /// The installs, sorted by name.
    pub(super) fn timelines(&self) -> &[InstallTimeline<'l>] {
        &self.timelines
    }

    /// All exchanges, in the order in which they began.
    pub(super) fn exchanges(&self) -> &[&'l Exchange] {
        &self.exchanges
    }

    /// The requests of apps, each with the vendor calls made for it, in the order in which they began.
    pub(super) fn app_requests(&self) -> &[AppRequest<'l>] {
        &self.app_requests
    }

    /// The vendor calls that client backends made while no app request was open, in the order in which they began.
    pub(super) fn unasked(&self) -> &[&'l Exchange] {
        &self.unasked
    }

    /// Whether the exact times of commands are unknown: there were none, or an app gave some of them.
    pub(super) fn is_blind(&self) -> bool {
        self.is_blind
    }

    /// The events that were joined.
    pub(super) fn events(&self) -> &'l [Event] {
        self.events
    }
}
