//! Rules about an app's request and the calls made for it: which call belongs to which request is known for sure only when
//! the history has ended, so they are judged then.

use super::tracker::{AppRequest, Tracker};
use super::{Evidence, Monitor};
use crate::history::Event;

/// A monitor that collects, and leaves the judging to `judge`; `untestable` says why this subject can't be put to the test.
pub(super) fn at_the_end(
    untestable: Option<String>,
    judge: impl Fn(&[AppRequest<'_>]) -> Evidence + Send + 'static,
) -> Box<dyn Monitor> {
    Box::new(AtTheEnd { tracker: Tracker::default(), untestable, judge })
}

struct AtTheEnd<J> {
    tracker: Tracker,
    untestable: Option<String>,
    judge: J,
}

impl<J: Fn(&[AppRequest<'_>]) -> Evidence + Send> Monitor for AtTheEnd<J> {
    fn observe(&mut self, event: &Event) {
        self.tracker.observe(event);
    }

    fn finish(self: Box<Self>) -> Evidence {
        let evidence = (self.judge)(&self.tracker.app_requests());
        Evidence { untestable: self.untestable, ..evidence }
    }
}
