//! What a history tells so far, joined once for all the rules that judge by more than the next event.

use super::timelines::{InstallTimeline, InstallTimelines};
use super::tracker::{AppRequest, Exchange};

/// The exchanges of a history, whose they were, and for which request of an app they were made.
pub struct Joined<'l> {
    timelines: Vec<InstallTimeline<'l>>,
    exchanges: Vec<&'l Exchange>,
    app_requests: Vec<AppRequest<'l>>,
    unasked: Vec<&'l Exchange>,
    is_blind: bool,
}

impl<'l> Joined<'l> {
    pub(super) fn of(timelines: &'l InstallTimelines) -> Self {
        Self {
            timelines: timelines.timelines(),
            exchanges: timelines.tracker().exchanges(),
            app_requests: timelines.tracker().app_requests(),
            unasked: timelines.tracker().unasked(),
            is_blind: timelines.is_blind(),
        }
    }

    /// The installs, sorted by what they are called.
    pub(super) fn timelines(&self) -> &[InstallTimeline<'l>] {
        &self.timelines
    }

    /// Every exchange, in the order they began.
    pub(super) fn exchanges(&self) -> &[&'l Exchange] {
        &self.exchanges
    }

    /// The requests of apps with the calls that client backends made for each, in the order they began.
    pub(super) fn app_requests(&self) -> &[AppRequest<'l>] {
        &self.app_requests
    }

    /// The calls that client backends made while no app asked for anything, in the order they began.
    pub(super) fn unasked(&self) -> &[&'l Exchange] {
        &self.unasked
    }

    /// True if no command was seen to the moment it was given: there was none, or an app gave it.
    pub(super) fn is_blind(&self) -> bool {
        self.is_blind
    }
}
