//! Rules about an app's request and the calls made for it: which call belongs to which request is known for sure only when
//! the history has ended, so they are judged then.

use super::tracker::AppRequest;
use super::{Evidence, Joined, Monitor};

/// A monitor that leaves the judging to `judge`; `not_testable` says why this subject can't be exercised.
pub(super) fn at_the_end(
    not_testable: Option<String>,
    judge: impl Fn(&[AppRequest<'_>]) -> Evidence + Send + 'static,
) -> Box<dyn Monitor> {
    Box::new(AtTheEnd { not_testable, judge })
}

struct AtTheEnd<J> {
    not_testable: Option<String>,
    judge: J,
}

impl<J: Fn(&[AppRequest<'_>]) -> Evidence + Send> Monitor for AtTheEnd<J> {
    fn finish(self: Box<Self>, joined: &Joined<'_>) -> Evidence {
        let evidence = (self.judge)(joined.app_requests());
        Evidence { not_testable: self.not_testable, ..evidence }
    }
}
