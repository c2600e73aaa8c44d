//! A vendor that asks for a pause, in every form of `Retry-After` and in malformed ones.

use standin_contracts::protocol::Millis;
use standin_mock_server::fault::{Fault, RetryAfter, Status, Throttle};

use super::Scenario;
use crate::backend_harness::BackendHarness;
use crate::driver::{Ask, Halt};

/// The pause for a process, in real time.
const SHORT: Millis = Millis::from_secs(2);
/// The pause for a backend with a virtual clock: longer than any pause of its own.
const LONG: Millis = Millis::from_secs(30);

pub(super) const SCENARIO: Scenario = Scenario {
    name: "vendor-throttles",
    summary: "the vendor answers 429 and 503, with `Retry-After` in several forms",
    needs: &[],
    play: |harness| Box::pin(play(harness)),
};

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    let span = harness.span(SHORT, LONG);
    let seconds = RetryAfter::Seconds(u32::try_from(span.get() / 1000).unwrap_or(u32::MAX));
    // A date has whole seconds, so it may be up to one second too early.
    let date = Millis::new(span.get() + 1000);
    let text = |text: &str| RetryAfter::Text(text.to_owned());
    let throttled = |retry_after| Fault::Throttle(Throttle { retry_after: Some(retry_after) });
    let unavailable = |retry_after| Fault::Status(Status { status: 503, retry_after: Some(retry_after) });
    let faults = [
        throttled(seconds),
        unavailable(RetryAfter::DateAfter(date)),
        throttled(text("soon")),
        unavailable(text("-5")),
        throttled(text("1.5")),
        unavailable(text("")),
    ];
    for fault in faults {
        for (call, user) in harness.calls().into_iter().zip(harness.users().iter().cycle()) {
            harness.ask_into(fault.clone(), Ask::valid(call, user)).await?;
        }
    }
    Ok(())
}
