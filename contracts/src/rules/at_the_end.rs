//! Rules about an app's request and the vendor calls made for it. Which call belongs to which request is certain only
//! at the end of the history, so these rules judge then.

use super::tracker::AppRequest;
use super::{Evidence, Joined, Monitor};

/// A monitor that passes all app requests to `judge`. `not_testable` is the reason why this subject can't exercise
/// the rule.
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
