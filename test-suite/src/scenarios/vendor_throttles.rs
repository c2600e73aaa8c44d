//! A vendor that says when to come back, in every form, and in words that are none.

use standin_contracts::protocol::Millis;
use standin_mock_server::fault::{Fault, RetryAfter, Status, Throttle};

use super::Scenario;
use crate::backend_harness::BackendHarness;
use crate::driver::{Ask, Halt};

/// What a process is told to wait, and what a backend is told whose time costs none: longer than any pause of its own.
const SHORT: Millis = Millis::from_secs(2);
const LONG: Millis = Millis::from_secs(30);

pub(super) const SCENARIO: Scenario = Scenario {
    name: "vendor-throttles",
    summary: "the vendor answers 429 and 503, and says when to come back",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    let span = harness.span(SHORT, LONG);
    let seconds = RetryAfter::Seconds(u32::try_from(span.get() / 1000).unwrap_or(u32::MAX));
    // A date has whole seconds: what it says is up to one less.
    let date = Millis::new(span.get() + 1000);
    let text = |text: &str| RetryAfter::Text(text.to_owned());
    let throttled = |retry_after| Fault::Throttle(Throttle { retry_after: Some(retry_after) });
    let unavailable = |retry_after| Fault::Status(Status { status: 503, retry_after: Some(retry_after) });
    let faults = [
        throttled(seconds),
        unavailable(RetryAfter::DateAfter(date)),
        throttled(text("soon")),
        unavailable(text("-5")),
    ];
    for fault in faults {
        for (call, user) in harness.calls().into_iter().zip(harness.users().iter().cycle()) {
            harness.ask_into(fault.clone(), Ask::valid(call, user)).await?;
        }
    }
    Ok(())
}
