//! Checks that a retry setting has an effect on the wire. An adapter that retries for its SDK ignores the setting.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use standin_contracts::protocol::{Millis, SdkCommandName};
use standin_mock_server::fault::Status;
use standin_mock_server::{Fault, FaultSpec, When};

use super::claims::sample;
use super::harness::{Probed, SeenRequest};
use super::{Integrity, ProbeHarness, ProtocolViolation};
use crate::adapter::{Kind, Retry, SdkCommand};
use crate::driver::Halt;

/// The number of requests to measure. Three pauses between them are enough to tell the settings apart in spite of
/// jitter.
const REQUESTS: usize = 4;
/// The least ratio of the long setting's pauses to those of the short one. The settings differ by a factor of 40 or
/// more.
const LONGER: u64 = 5;
/// How often the settings are compared while they look alike. Jitter or a busy machine may make them so by chance, and
/// hardly ever each time.
const ROUNDS: usize = 6;
/// The largest number of time steps. After that no further request is expected.
const MOST_STEPS: usize = 1000;
/// The time limit for the requests, in real time.
const AT_MOST: Duration = Duration::from_secs(10);

pub(super) async fn probe(harness: &ProbeHarness, seen: &mut Integrity) -> Result<(), Halt> {
    if harness.about.kind == Kind::App || !harness.about.capabilities.iter().any(|name| name == "retry") {
        seen.untried.push("whether a retry setting is heeded: `retry` is not claimed".to_owned());
        return Ok(());
    }
    // An SDK may leave a retry of the user's creation to its app. A batch it has to retry by itself.
    let syncs = harness.about.can(SdkCommandName::Record) && harness.about.can(SdkCommandName::SyncNow);
    let by_creation = measure(harness, SdkCommandName::CreateUser).await?;
    let (way, measured) = match by_creation {
        None if syncs => (SdkCommandName::SyncNow, measure(harness, SdkCommandName::SyncNow).await?),
        measured => (SdkCommandName::CreateUser, measured),
    };
    let Some(mut spans) = measured else {
        let untried = format!("whether a retry setting is heeded: a `{way}` that was answered 503 was not tried again");
        seen.untried.push(untried);
        return Ok(());
    };
    for _ in 1..ROUNDS {
        if spans.are_apart() {
            return Ok(());
        }
        spans = measure(harness, way).await?.map_or(spans, |again| spans.least(again));
    }
    let (short_set, long_set) = settings(harness);
    let (short_set, long_set) = (Millis::new(short_set), Millis::new(long_set));
    let Spans { short, long } = spans;
    let violation = ProtocolViolation::RetryUnheeded { short_set, short, long_set, long };
    seen.violations.extend((!spans.are_apart()).then_some(violation));
    Ok(())
}

/// The time of the same number of pauses, with each setting.
#[derive(Debug, Clone, Copy)]
struct Spans {
    short: Millis,
    long: Millis,
}

impl Spans {
    fn are_apart(self) -> bool {
        self.long.get() >= self.short.get().saturating_mul(LONGER)
    }

    /// The shorter time of each setting. A busy machine lengthens pauses, and never shortens one: what is compared is
    /// what it disturbed least.
    fn least(self, other: Self) -> Self {
        Self { short: self.short.min(other.short), long: self.long.min(other.long) }
    }
}

/// The short and the long setting, in milliseconds.
fn settings(harness: &ProbeHarness) -> (u64, u64) {
    if harness.about.can(SdkCommandName::Advance) { (100, 10_000) } else { (20, 800) }
}

/// The time of the pauses with both settings. `None` if nothing was retried.
async fn measure(harness: &ProbeHarness, way: SdkCommandName) -> Result<Option<Spans>, Halt> {
    let (short_set, long_set) = settings(harness);
    let (short, long) = (requests(harness, way, short_set).await?, requests(harness, way, long_set).await?);
    let pauses = short.len().min(long.len()).saturating_sub(1);
    if pauses == 0 {
        return Ok(None);
    }
    Ok(Some(Spans { short: span(&short[..=pauses]), long: span(&long[..=pauses]) }))
}

fn span(requests: &[SeenRequest]) -> Millis {
    match requests {
        [first, .., last] => last.at.since(first.at),
        _ => Millis::new(0),
    }
}

/// The first requests of an SDK whose vendor answers 503 to all of them.
async fn requests(harness: &ProbeHarness, way: SdkCommandName, pause_ms: u64) -> Result<Vec<SeenRequest>, Halt> {
    let probed = harness.install(Some(Retry { base_ms: pause_ms, cap_ms: pause_ms })).await?;
    probed.install.run(SdkCommand::Launch {}).await?;
    let creation = harness.create_user(&probed).await?;
    let command = if way == SdkCommandName::CreateUser {
        creation
    } else {
        for command in [sample(harness, SdkCommandName::Grant), creation, sample(harness, SdkCommandName::Record)] {
            harness.run(&probed, command).await?;
        }
        SdkCommand::SyncNow {}
    };
    let down = FaultSpec::new(Fault::Status(Status::plain(503))).when(When::Next(u64::MAX));
    harness.sandbox().set_fault(down).map_err(|error| Halt::Harness(error.to_string()))?;
    let before = harness.requests(&probed).len();
    provoke(harness, &probed, command, before + REQUESTS).await?;
    let seen = harness.requests(&probed).into_iter().skip(before).take(REQUESTS).collect();
    probed.install.run(SdkCommand::Kill {}).await?;
    harness.sandbox().clear_faults();
    probed.install.end().await?;
    Ok(seen)
}

/// Gives the command, and waits for `most` requests or until no more are to be expected.
async fn provoke(harness: &ProbeHarness, probed: &Probed, command: SdkCommand, most: usize) -> Result<(), Halt> {
    let is_over = AtomicBool::new(false);
    let running = probed.install.run(command);
    let watching = watch(harness, probed, most, &is_over);
    tokio::pin!(running, watching);
    tokio::select! {
        biased;
        result = &mut running => drop(result?),
        watched = &mut watching => return watched,
    }
    // The command has failed. The SDK may still retry by itself.
    is_over.store(true, Ordering::Relaxed);
    watching.await
}

/// Waits for `most` requests, or until the command is over and the SDK has no timer left.
async fn watch(harness: &ProbeHarness, probed: &Probed, most: usize, is_over: &AtomicBool) -> Result<(), Halt> {
    if !harness.about.can(SdkCommandName::Advance) {
        let mut changes = harness.sandbox().changed();
        let enough = async {
            while harness.requests(probed).len() < most {
                let _ = changes.changed().await;
            }
        };
        // After the timeout, the requests so far are judged.
        let _ = tokio::time::timeout(AT_MOST, enough).await;
        return Ok(());
    }
    for _ in 0..MOST_STEPS {
        let was_over = is_over.load(Ordering::Relaxed);
        if harness.requests(probed).len() >= most || !harness.pass(probed).await? && was_over {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(short: u64, long: u64) -> Spans {
        Spans { short: Millis::new(short), long: Millis::new(long) }
    }

    #[test]
    fn a_busy_machine_is_told_from_a_setting_that_is_not_heeded() {
        assert!(!spans(1170, 3124).are_apart(), "a busy machine");
        assert!(spans(1170, 3124).least(spans(70, 2600)).are_apart(), "and one quiet try");
        assert!(!spans(1000, 1100).least(spans(980, 4000)).are_apart(), "a pause of its own");
    }
}
