//! The integrity probes, tested with a reliable adapter in this program and with unreliable ones.

use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use standin_contracts::protocol::CommandName;
use standin_test_suite::adapter::probe::{Integrity, probe};
use standin_test_suite::adapter::{About, Adapter, AdapterError, CommandResult, Install, Kind, SdkCommand, Setup};
use tokio::sync::watch;

use crate::support::contract;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    TakesUnknown,
    BreaksOnUnknown,
    ClaimsWhatItCannot,
    ClaimsNothingKnown,
    ClaimsForAnApp,
    RetriesByItself,
    AsksAtLaunch,
    NeverRetries,
}

/// An adapter around the smallest SDK that retries, with a clock of its own or the real one.
struct Tiny {
    flaw: Flaw,
    capabilities: Vec<String>,
    create_user: String,
}

/// An install of it; clones share their state.
#[derive(Clone)]
struct Phone {
    flaw: Flaw,
    url: String,
    pause_ms: u64,
    is_virtual: bool,
    state: Arc<Mutex<State>>,
    /// Changes when time passes or a request ends.
    changed: Arc<watch::Sender<()>>,
}

#[derive(Default)]
struct State {
    now_ms: u64,
    timer: Option<u64>,
    /// Whether a request is under way.
    asking: bool,
}

impl Tiny {
    fn new(flaw: Flaw, more: &[&str]) -> Self {
        let claimed: &[&str] = match flaw {
            Flaw::ClaimsWhatItCannot => &["retry", "sync_now"],
            Flaw::ClaimsNothingKnown => &["retry", "sync_nwo"],
            Flaw::ClaimsForAnApp => &["retry", "log_in"],
            _ => &["retry"],
        };
        let sentiance = contract("sentiance");
        let operation = sentiance.operation_for(CommandName::CreateUser).expect("it creates users");
        let capabilities = claimed.iter().chain(more).map(|name| (*name).to_owned()).collect();
        Self { flaw, capabilities, create_user: format!("/{}", operation.path.join("/")) }
    }
}

impl Adapter for Tiny {
    fn about(&self) -> BoxFuture<'_, Result<About, AdapterError>> {
        let capabilities = self.capabilities.clone();
        let about = About { name: "tiny".to_owned(), version: None, kind: Kind::Sdk, capabilities };
        Box::pin(std::future::ready(Ok(about)))
    }

    fn install(&self, setup: Setup) -> BoxFuture<'_, Result<Box<dyn Install>, AdapterError>> {
        let pause_ms = match (self.flaw, setup.retry) {
            (Flaw::RetriesByItself, _) | (_, None) => 30,
            (_, Some(retry)) => retry.base_ms,
        };
        let phone = Phone {
            flaw: self.flaw,
            url: format!("{}{}", setup.base_url, self.create_user),
            pause_ms,
            is_virtual: self.capabilities.iter().any(|name| name == "advance"),
            state: Arc::default(),
            changed: Arc::new(watch::Sender::new(())),
        };
        Box::pin(std::future::ready(Ok(Box::new(phone) as Box<dyn Install>)))
    }
}

impl Phone {
    async fn ask(&self) -> bool {
        self.state.lock().asking = true;
        let answer = reqwest::Client::new().post(&self.url).json(&serde_json::json!({})).send().await;
        self.state.lock().asking = false;
        self.changed.send_replace(());
        answer.is_ok_and(|answer| answer.status().as_u16() < 500)
    }

    async fn create_user(&self) -> CommandResult {
        for _ in 0..6 {
            if self.ask().await || self.flaw == Flaw::NeverRetries {
                break;
            }
            self.pause().await;
        }
        CommandResult::failed("the vendor")
    }

    async fn pause(&self) {
        if !self.is_virtual {
            // This SDK has no clock that could be moved: the test is that its real pauses are measured.
            return tokio::time::sleep(Duration::from_millis(self.pause_ms)).await;
        }
        let due = self.state.lock().now_ms + self.pause_ms;
        self.state.lock().timer = Some(due);
        let mut changes = self.changed.subscribe();
        self.changed.send_replace(());
        let _ = changes.wait_for(|()| self.state.lock().now_ms >= due).await;
        self.state.lock().timer = None;
    }

    fn advance(&self, by_ms: u64) -> CommandResult {
        let mut state = self.state.lock();
        state.now_ms += by_ms;
        let mut value = serde_json::Map::new();
        if let Some(timer) = state.timer {
            value.insert("next_timer_ms".to_owned(), timer.saturating_sub(state.now_ms).into());
        }
        drop(state);
        self.changed.send_replace(());
        CommandResult::Done { value, calls: Vec::new() }
    }

    async fn carry_out(&self, command: SdkCommand) -> CommandResult {
        match command {
            SdkCommand::Launch {} if self.flaw == Flaw::AsksAtLaunch => {
                self.ask().await;
                CommandResult::done()
            }
            SdkCommand::Launch {} | SdkCommand::Kill {} => CommandResult::done(),
            SdkCommand::CreateUser { .. } => self.create_user().await,
            SdkCommand::Advance { by_ms } => self.advance(by_ms),
            SdkCommand::Quiesce {} => {
                let _ = self.changed.subscribe().wait_for(|()| !self.state.lock().asking).await;
                CommandResult::done()
            }
            _ => CommandResult::Unsupported {},
        }
    }
}

impl Install for Phone {
    fn run(&self, command: SdkCommand) -> BoxFuture<'_, Result<CommandResult, AdapterError>> {
        Box::pin(async move { Ok(self.carry_out(command).await) })
    }

    fn run_unknown(&self, _command: &str) -> BoxFuture<'_, Result<CommandResult, AdapterError>> {
        let answer = match self.flaw {
            Flaw::TakesUnknown => Ok(CommandResult::done()),
            Flaw::BreaksOnUnknown => Err(AdapterError::Broken("`POST /1` was answered with status 500".to_owned())),
            _ => Ok(CommandResult::Unsupported {}),
        };
        Box::pin(std::future::ready(answer))
    }

    fn end(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

async fn probed(flaw: Flaw, more: &[&str]) -> Integrity {
    probe(Arc::new(Tiny::new(flaw, more)), contract("sentiance")).await.expect("it can be probed")
}

const VIRTUAL: &[&str] = &["advance", "quiesce"];

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_that_can_be_relied_upon_holds_in_its_own_time_and_in_real_time() {
    for more in [VIRTUAL, &[]] {
        assert_eq!(probed(Flaw::None, more).await, Integrity::default());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_is_not_heeded_is_found_in_real_time_too() {
    let seen = probed(Flaw::RetriesByItself, &[]).await;
    assert!(seen.violations.iter().any(|violation| violation.to_string().contains("`retry`")), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_not_to_be_relied_upon_is_found_and_nothing_else() {
    let mut told = String::new();
    for flaw in [
        Flaw::TakesUnknown,
        Flaw::BreaksOnUnknown,
        Flaw::ClaimsWhatItCannot,
        Flaw::ClaimsNothingKnown,
        Flaw::ClaimsForAnApp,
        Flaw::RetriesByItself,
        Flaw::AsksAtLaunch,
        Flaw::NeverRetries,
    ] {
        let seen = probed(flaw, VIRTUAL).await;
        told += &format!("{flaw:?}\n");
        told.extend(seen.violations.iter().map(|violation| format!("  violation: {violation}\n")));
        told.extend(seen.untried.iter().map(|what| format!("  untried: {what}\n")));
    }
    insta::assert_snapshot!(told);
}
