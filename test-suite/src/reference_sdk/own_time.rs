//! An install whose time nobody moves: it lives in the time of the runtime, as an SDK without `advance` does.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::Value;
use standin_mock_server::ClockStart;
use standin_mock_server::clock::Clock;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::behaviour::SdkBehaviour;
use super::install::SdkInstall;
use crate::adapter::{AdapterError, CommandResult, Install, SdkCommand};

/// The longest pause between two looks at the install's timers. An answer may set a new one at any time.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// An install that follows the runtime's clock, in a task of its own.
pub(super) struct InOwnTime {
    timed: Arc<Timed>,
    behaviour: Arc<dyn SdkBehaviour>,
    living: JoinHandle<()>,
}

struct Timed {
    install: SdkInstall,
    clock: Clock,
    /// The time of the clock up to which the install's time has passed, in milliseconds.
    reached: Mutex<u64>,
}

impl InOwnTime {
    pub(super) fn new(install: SdkInstall, behaviour: Arc<dyn SdkBehaviour>) -> Self {
        let clock = Clock::new(ClockStart::Real);
        let timed = Arc::new(Timed { install, clock, reached: Mutex::new(0) });
        let living = tokio::spawn(live(timed.clone()));
        Self { timed, behaviour, living }
    }
}

async fn live(timed: Arc<Timed>) {
    while let Ok(next) = timed.catch_up().await {
        tokio::time::sleep(next.unwrap_or(LOOK_AGAIN).clamp(Duration::from_millis(1), LOOK_AGAIN)).await;
    }
}

impl Timed {
    /// Lets the time pass that has passed in the runtime. Returns how soon the next timer is due.
    async fn catch_up(&self) -> Result<Option<Duration>, AdapterError> {
        let mut reached = self.reached.lock().await;
        let now = self.clock.mono_us() / 1000;
        let passed = now - *reached;
        *reached = now;
        let result = self.install.run(SdkCommand::Advance { by_ms: passed }).await?;
        let CommandResult::Done { value, .. } = result else { return Ok(None) };
        Ok(value.get("next_timer_ms").and_then(Value::as_u64).map(Duration::from_millis))
    }
}

impl Install for InOwnTime {
    fn run(&self, command: SdkCommand) -> BoxFuture<'_, Result<CommandResult, AdapterError>> {
        Box::pin(async move {
            let name = command.name();
            let is_offered = name.is_core_of(false) || self.behaviour.offers(name.as_str());
            if !is_offered {
                return Ok(CommandResult::Unsupported {});
            }
            self.timed.catch_up().await?;
            self.timed.install.run(command).await
        })
    }

    fn end(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        Box::pin(async move {
            self.living.abort();
            self.timed.install.end().await
        })
    }
}

impl Drop for InOwnTime {
    fn drop(&mut self) {
        self.living.abort();
    }
}
