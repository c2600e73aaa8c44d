//! Time as docs/adapter.md promises it: no step goes past a timer, and none is taken over a process that started since
//! the last `quiesce`. Processes are killed at every event of scenarios in which time passes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures::future::BoxFuture;
use parking_lot::Mutex;
use serde_json::Value;
use standin_test_suite::adapter::{About, Adapter, AdapterError, CommandResult, Install, SdkCommand, Setup};
use standin_test_suite::reference_sdk::{ConformingSdk, ReferenceSdk};
use standin_test_suite::run::{Plan, StressOptions};
use standin_test_suite::sdk::Sdk;

use crate::support::{contract, findings, run, sdk_plan};

type Violations = Arc<Mutex<BTreeSet<String>>>;

/// An adapter that notes each step of time that it was not promised.
struct Watching {
    sdk: ReferenceSdk,
    violations: Violations,
    kills: Arc<AtomicU64>,
}

struct WatchedInstall {
    install: Box<dyn Install>,
    label: String,
    runs: AtomicBool,
    /// Whether the process has been asked to finish its work since it started.
    rested: AtomicBool,
    violations: Violations,
    kills: Arc<AtomicU64>,
}

impl Adapter for Watching {
    fn about(&self) -> BoxFuture<'_, Result<About, AdapterError>> {
        self.sdk.about()
    }

    fn install(&self, setup: Setup) -> BoxFuture<'_, Result<Box<dyn Install>, AdapterError>> {
        Box::pin(async move {
            let label = setup.install.clone();
            let install = self.sdk.install(setup).await?;
            let (runs, rested) = (AtomicBool::new(false), AtomicBool::new(false));
            let (violations, kills) = (self.violations.clone(), self.kills.clone());
            let watched: Box<dyn Install> =
                Box::new(WatchedInstall { install, label, runs, rested, violations, kills });
            Ok(watched)
        })
    }
}

impl WatchedInstall {
    fn note(&self, what: &str) {
        self.violations.lock().insert(format!("{}: {what}", self.label));
    }

    async fn step(&self, by_ms: u64) -> Result<(), AdapterError> {
        if by_ms == 0 || !self.runs.load(Ordering::SeqCst) {
            return Ok(());
        }
        if !self.rested.load(Ordering::SeqCst) {
            self.note("time passed over a process that had just started");
        }
        let result = self.install.run(SdkCommand::Advance { by_ms: 0 }).await?;
        let CommandResult::Done { value, .. } = result else { return Ok(()) };
        if value.get("next_timer_ms").and_then(Value::as_u64).is_some_and(|timer| by_ms > timer.max(1)) {
            self.note("time passed beyond a timer");
        }
        Ok(())
    }

    /// Lets others have their turn, as a busy machine does.
    async fn dawdle() {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
}

impl Install for WatchedInstall {
    fn run(&self, command: SdkCommand) -> BoxFuture<'_, Result<CommandResult, AdapterError>> {
        Box::pin(async move {
            match &command {
                SdkCommand::Launch {} => {
                    self.rested.store(false, Ordering::SeqCst);
                    self.runs.store(true, Ordering::SeqCst);
                    Self::dawdle().await;
                }
                SdkCommand::Kill {} => {
                    // The probes kill processes of their own.
                    self.kills.fetch_add(u64::from(self.label.starts_with("phone")), Ordering::SeqCst);
                    Self::dawdle().await;
                    self.runs.store(false, Ordering::SeqCst);
                }
                SdkCommand::Advance { by_ms } => self.step(*by_ms).await?,
                SdkCommand::Quiesce {} => self.rested.store(true, Ordering::SeqCst),
                _ => {}
            }
            self.install.run(command).await
        })
    }

    fn end(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        self.install.end()
    }
}

/// The violations of the promise in a scenario with a kill at every event.
async fn violations(vendor: &str, scenario: &str) -> BTreeSet<String> {
    let violations = Violations::default();
    let sdk = ReferenceSdk::new(contract(vendor), Arc::new(ConformingSdk), 1);
    let kills = Arc::new(AtomicU64::new(0));
    let watching = Watching { sdk, violations: violations.clone(), kills: kills.clone() };
    let stress_options = StressOptions { crash_points: true, ..StressOptions::default() };
    let plan = Plan {
        stress_options,
        scenario: Some(scenario.to_owned()),
        ..sdk_plan(vendor, Sdk::Adapter(Arc::new(watching)))
    };
    let report = run(plan).await;
    let crashes = report.crashes.clone().expect("crash points");
    assert!(crashes.points > 10 && crashes.played == crashes.points, "{crashes:?}");
    assert_eq!(findings(&report), [] as [String; 0], "{vendor}, {scenario}");
    assert!(report.unconfirmed.is_empty(), "{vendor}, {scenario}: {:#?}", report.unconfirmed);
    assert_eq!(kills.load(Ordering::SeqCst), crashes.points, "the process died at every place");
    violations.lock().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_step_of_time_goes_past_a_timer_or_over_a_process_that_just_started() {
    for (vendor, scenario) in [("finbox", "throttled"), ("sentiance", "vendor-down")] {
        assert_eq!(violations(vendor, scenario).await, BTreeSet::new(), "{vendor}, {scenario}");
    }
}
