//! One install, as its user handles it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use parking_lot::Mutex;
use serde_json::{Map, Value};
use standin_contracts::history::{CLONE_OF, Call, Return};
use standin_contracts::protocol::{CommandName, Millis, SdkCommandName, Timestamp};
use standin_mock_server::Sandbox;

use super::harness::{SdkHarness, Starting, TIMEOUT, halt};
use super::seen::CallRecorder;
use crate::adapter::{AdapterError, CommandResult, Install, SdkCommand};
use crate::driver::Halt;

/// How long a command may take in real time before it is taken for one that needs time to pass. Most are done sooner.
const AT_ONCE: Duration = Duration::from_millis(200);

/// An install as the harness knows it.
pub(super) struct MountedInstall {
    label: String,
    /// The kind of its device, such as `phone`.
    kind: String,
    install: Box<dyn Install>,
    /// The label of the install whose storage it started with a copy of.
    copied: Option<String>,
    awake: AtomicBool,
    /// The time that the device's clock has reached. Locked while it is moved.
    reached: tokio::sync::Mutex<Timestamp>,
    /// The user that its app asked for last.
    user: Mutex<Option<String>>,
    /// A recorder of the calls that its app made to its SDK.
    seen: CallRecorder,
}

impl MountedInstall {
    pub(super) fn new(
        label: String,
        kind: String,
        install: Box<dyn Install>,
        copied: Option<String>,
        sandbox: Sandbox,
    ) -> Self {
        let reached = tokio::sync::Mutex::new(sandbox.now());
        let seen = CallRecorder::new(label.clone(), sandbox);
        Self { label, kind, install, copied, awake: AtomicBool::new(false), reached, user: Mutex::default(), seen }
    }

    /// Runs a command, and records the calls that its app made to its SDK.
    async fn run(&self, command: SdkCommand) -> Result<CommandResult, AdapterError> {
        let result = self.install.run(command).await?;
        self.seen.record(result.calls());
        Ok(result)
    }

    fn who_logs_in(&self, command: &SdkCommand) -> Option<String> {
        matches!(command, SdkCommand::LogIn { .. }).then(|| self.seen.user()).flatten()
    }

    /// Sets the user of the app from now on.
    pub(super) fn is_used_by(&self, user: Option<String>) {
        self.seen.is_for(user);
    }

    pub(super) fn label(&self) -> &str {
        &self.label
    }

    pub(super) fn is_awake(&self) -> bool {
        self.awake.load(Ordering::Relaxed)
    }

    /// Returns when the install's next timer is due.
    pub(super) async fn next_timer(&self) -> Result<Option<Millis>, Halt> {
        self.wait(Millis::new(0)).await
    }

    /// Lets the time pass for the install that has passed for the vendor since its clock was moved last, and returns
    /// whether there was any. Nothing if its clock is there already: its process may have died meanwhile, and a fresh one
    /// begins in the present. Records nothing: the clock event says it.
    pub(super) async fn catch_up(&self, now: Timestamp) -> Result<bool, Halt> {
        let mut reached = self.reached.lock().await;
        let span = now.since(*reached);
        if span > Millis::new(0) {
            *reached = now;
            self.wait(span).await?;
        }
        Ok(span > Millis::new(0))
    }

    /// Brings a clock that was left behind to the present, from one timer to the next.
    pub(super) async fn catch_up_by_timers(&self, now: Timestamp) -> Result<(), Halt> {
        loop {
            self.quiesce().await?;
            let reached = *self.reached.lock().await;
            let left = now.since(reached);
            let timer = self.next_timer().await?.map_or(left, |timer| timer.max(Millis::new(1)));
            if !self.catch_up(reached.after(left.min(timer))).await? {
                return Ok(());
            }
        }
    }

    async fn wait(&self, span: Millis) -> Result<Option<Millis>, Halt> {
        let result = self.run(SdkCommand::Advance { by_ms: span.get() }).await.map_err(halt)?;
        let CommandResult::Done { value, .. } = result else { return Ok(None) };
        Ok(value.get("next_timer_ms").and_then(Value::as_u64).map(Millis::new))
    }

    /// Prepares the start of its process: the device's clock went on while it was down, and may do so meanwhile.
    async fn wake(&self, sandbox: &Sandbox, has_clock: bool) -> Result<(), Halt> {
        if has_clock && !self.is_awake() {
            while self.catch_up(sandbox.now()).await? {}
        }
        self.awake.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn fall_asleep(&self) {
        self.awake.store(false, Ordering::Relaxed);
    }

    pub(super) async fn quiesce(&self) -> Result<(), Halt> {
        self.run(SdkCommand::Quiesce {}).await.map(drop).map_err(halt)
    }

    pub(super) async fn end(&self) {
        // The install is over for the harness, with any answer.
        let _ = self.install.end().await;
    }
}

/// One install, as its user handles it.
pub struct DeviceHandle<'w> {
    pub(super) harness: &'w SdkHarness,
    pub(super) mounted: Arc<MountedInstall>,
    /// Whether its commands are part of a planned crash.
    is_crashing: bool,
}

impl<'w> DeviceHandle<'w> {
    pub(super) fn new(harness: &'w SdkHarness, mounted: Arc<MountedInstall>) -> Self {
        Self { harness, mounted, is_crashing: false }
    }

    /// Its label in histories.
    pub fn label(&self) -> &str {
        &self.mounted.label
    }

    /// The kind of its device.
    pub(super) fn kind(&self) -> &str {
        &self.mounted.kind
    }

    pub(super) fn is_awake(&self) -> bool {
        self.mounted.is_awake()
    }

    /// The app's process starts.
    pub async fn launch(&self) -> Result<(), Halt> {
        self.before_commands(1).await?;
        self.start(self.harness.starting()).await
    }

    async fn start(&self, starting: Starting<'_>) -> Result<(), Halt> {
        self.wake_up().await?;
        let copied = self.mounted.copied.iter().map(|of| (CLONE_OF.to_owned(), Value::from(of.as_str())));
        self.send(None, SdkCommand::Launch {}, copied.collect(), Some(starting)).await.map(drop)
    }

    /// The app's process dies, and starts again. No time passes in between. Before it starts, something else is done.
    pub(super) async fn die_and_start(&self, between: impl FnOnce()) -> Result<(), Halt> {
        let device = Self { harness: self.harness, mounted: self.mounted.clone(), is_crashing: true };
        let starting = self.harness.starting();
        device.kill().await?;
        between();
        device.start(starting).await
    }

    /// Moves the clock of an install to the present before a process starts.
    pub(super) async fn wake_up(&self) -> Result<(), Halt> {
        self.mounted.wake(self.harness.sandbox(), self.harness.can(SdkCommandName::Advance)).await
    }

    /// The app's process dies.
    pub async fn kill(&self) -> Result<(), Halt> {
        self.run(SdkCommand::Kill {}).await?;
        self.mounted.fall_asleep();
        self.harness.abandon(self.label()).await;
        Ok(())
    }

    /// The user allows or denies these categories.
    pub async fn grant(&self, categories: &[String], allowed: bool) -> Result<(), Halt> {
        let permissions: BTreeMap<String, bool> = categories.iter().map(|name| (name.clone(), allowed)).collect();
        self.run_if_able(SdkCommand::Grant { permissions }).await
    }

    /// The user allows everything.
    pub async fn allow_all(&self) -> Result<(), Halt> {
        self.grant(&self.harness.categories(), true).await
    }

    /// First start: the app starts, its user allows everything and is created, and syncs begin.
    pub async fn begin(&self, user: &str) -> Result<(), Halt> {
        self.launch().await?;
        self.begin_signed_out(user).await
    }

    /// The first start's steps in an app that runs already.
    pub async fn begin_signed_out(&self, user: &str) -> Result<(), Halt> {
        self.allow_all().await?;
        if self.create_user(user).await? {
            self.start_sync().await?;
        }
        Ok(())
    }

    /// Periodic syncs begin, if the SDK has a command for that.
    pub async fn start_sync(&self) -> Result<(), Halt> {
        self.run_if_able(SdkCommand::StartSync {}).await
    }

    /// Periodic syncs end, if the SDK has a command for that.
    pub async fn stop_sync(&self) -> Result<(), Halt> {
        self.run_if_able(SdkCommand::StopSync {}).await
    }

    /// The SDK syncs at once, if it has a command for that, and the harness waits for its requests.
    pub async fn sync_now(&self) -> Result<(), Halt> {
        self.run_if_able(SdkCommand::SyncNow {}).await?;
        self.harness.quiesce().await
    }

    /// The SDK is asked to sync at once, and the harness waits for nothing.
    pub(super) async fn ask_to_sync(&self) -> Result<(), Halt> {
        self.run_if_able(SdkCommand::SyncNow {}).await
    }

    /// The SDK gets its app's push token, if it has a command for that.
    pub async fn hand_push_token(&self) -> Result<(), Halt> {
        self.run_if_able(SdkCommand::PushToken { token: format!("push-token-of-{}", self.mounted.label) }).await
    }

    /// A push of the vendor is handed to the SDK. Does nothing for a vendor without pushes.
    pub async fn wake(&self) -> Result<(), Halt> {
        let Some(push) = &self.harness.contract().push else { return Ok(()) };
        let payload = push.make(&self.harness.next_push());
        self.tell(None, SdkCommand::ForwardPush { payload }, Map::new()).await.map(drop)
    }

    /// A push of another sender is handed to the SDK, as some apps do by mistake.
    pub async fn mistake_push(&self) -> Result<(), Halt> {
        let (payload, meant) = foreign_push();
        self.tell(None, SdkCommand::ForwardPush { payload }, meant).await.map(drop)
    }

    pub(super) async fn run_if_able(&self, command: SdkCommand) -> Result<(), Halt> {
        if self.harness.can(command.name()) {
            self.run(command).await?;
        }
        Ok(())
    }

    /// The app obtains a credential and has its user created or restored. Returns whether the SDK reports success.
    pub async fn create_user(&self, user: &str) -> Result<bool, Halt> {
        let credential = self.harness.credential(user).await?;
        // A client backend under test may have no credential to give: its app can't go on then.
        if credential.is_none() && self.harness.contract().has(CommandName::IssueCredential) {
            return Ok(false);
        }
        self.create_user_with(user, credential).await
    }

    /// Creates or restores a user with a credential that was obtained before.
    pub async fn create_user_with(&self, user: &str, credential: Option<String>) -> Result<bool, Halt> {
        let result = self.run_for(Some(user), self.creation(user, credential)).await?;
        Ok(matches!(result, CommandResult::Done { .. }))
    }

    /// The command to create a user: with its credential, or with the client backend's own id where a vendor issues
    /// none.
    pub fn creation(&self, user: &str, credential: Option<String>) -> SdkCommand {
        let issues = self.harness.contract().has(CommandName::IssueCredential);
        let user_id = if issues { None } else { self.harness.external_id(user) };
        SdkCommand::CreateUser { credential, user_id }
    }

    /// Records this many items of each category.
    pub async fn record_some(&self, count: usize) -> Result<(), Halt> {
        for category in self.harness.categories() {
            for _ in 0..count {
                self.run_if_able(SdkCommand::Record { id: self.harness.next_item(), category: category.clone() })
                    .await?;
            }
        }
        Ok(())
    }

    /// Runs a command.
    pub async fn run(&self, command: SdkCommand) -> Result<CommandResult, Halt> {
        self.run_for(None, command).await
    }

    /// Runs a command on behalf of a user.
    pub(super) async fn run_as(&self, user: &str, command: SdkCommand) -> Result<CommandResult, Halt> {
        self.run_for(Some(user), command).await
    }

    async fn run_for(&self, user: Option<&str>, command: SdkCommand) -> Result<CommandResult, Halt> {
        self.tell(user, command, Map::new()).await
    }

    /// Runs a command, and records what the harness means by it.
    pub(super) async fn tell(
        &self,
        user: Option<&str>,
        command: SdkCommand,
        meant: Map<String, Value>,
    ) -> Result<CommandResult, Halt> {
        self.before_commands(1).await?;
        self.send(user, command, meant, None).await
    }

    /// Sends a command, which may start a process.
    async fn send(
        &self,
        user: Option<&str>,
        command: SdkCommand,
        meant: Map<String, Value>,
        starting: Option<Starting<'_>>,
    ) -> Result<CommandResult, Halt> {
        let call = self.begin_call(user, &command, meant);
        let result = match self.in_time(self.mounted.run(command), starting).await? {
            Some(result) => result.map_err(halt)?,
            None => unanswered(),
        };
        self.harness.sandbox().record_return(told(call, &result));
        Ok(result)
    }

    /// Waits for a planned crash that is happening. If one is due before the next commands, so many of them, the process dies
    /// and starts again.
    pub(super) async fn before_commands(&self, count: u64) -> Result<(), Halt> {
        if self.is_crashing {
            return Ok(());
        }
        self.harness.crash_over().await;
        if self.harness.pending_crash().strikes(self.label(), count) && self.mounted.is_awake() {
            Box::pin(self.die_and_start(|| {})).await?;
        }
        Ok(())
    }

    /// Sends several commands before any result arrives, leaving out those that the SDK doesn't know.
    pub async fn run_at_once(&self, user: Option<&str>, mut commands: Vec<SdkCommand>) -> Result<(), Halt> {
        commands.retain(|command| self.harness.can(command.name()));
        self.before_commands(commands.len() as u64).await?;
        let calls: Vec<u64> = commands.iter().map(|command| self.begin_call(user, command, Map::new())).collect();
        let running = join_all(commands.into_iter().map(|command| self.mounted.run(command)));
        let results = self.in_time(running, None).await?;
        let results = results.unwrap_or_else(|| calls.iter().map(|_| Ok(unanswered())).collect());
        for (call, result) in calls.into_iter().zip(results) {
            self.harness.sandbox().record_return(told(call, &result.map_err(halt)?));
        }
        Ok(())
    }

    /// Sends a command, and kills the process once a request of it is held at the vendor.
    pub async fn kill_during(&self, user: Option<&str>, command: SdkCommand, asks: CommandName) -> Result<(), Halt> {
        self.before_commands(1).await?;
        let before = self.harness.last_seq();
        let call = self.begin_call(user, &command, Map::new());
        let running = self.mounted.run(command);
        tokio::pin!(running);
        let early = tokio::select! {
        biased;
                   done = &mut running => Some(done),
                   () = self.harness.arrival(before, asks) => None,
               };
        if early.is_some() {
            // An SDK that returns first sends its request afterwards.
            self.mounted.quiesce().await?;
        }
        self.kill().await?;
        let result = match early {
            Some(done) => done,
            None => running.await,
        };
        self.harness.sandbox().record_return(told(call, &result.map_err(halt)?));
        Ok(())
    }

    /// The app starts again after its process died, asks for its user anew, and has something to submit.
    pub async fn recover(&self, user: &str) -> Result<(), Halt> {
        self.launch().await?;
        self.ask_anew(user).await
    }

    /// The user that its app asked for last.
    pub(super) fn user(&self) -> Option<String> {
        self.mounted.user.lock().clone()
    }

    /// The app asks for its user anew, and has something to submit.
    pub(super) async fn ask_anew(&self, user: &str) -> Result<(), Halt> {
        self.create_user(user).await?;
        self.start_sync().await?;
        self.record_some(1).await?;
        self.sync_now().await
    }

    /// Sends a command, and another once the vendor has received a request of the first.
    pub async fn run_during(&self, first: SdkCommand, asks: CommandName, then: SdkCommand) -> Result<(), Halt> {
        self.before_commands(2).await?;
        let before = self.harness.last_seq();
        let call = self.begin_call(None, &first, Map::new());
        let running = self.mounted.run(first);
        let arrival = self.harness.arrival(before, asks);
        tokio::pin!(running, arrival);
        let early = tokio::select! {
        biased;
                   done = &mut running => Some(done),
                   () = &mut arrival => None,
               };
        if let Some(Ok(CommandResult::Done { .. })) = early {
            // The result may only say that the work has begun.
            arrival.await;
        }
        let calls = [call, self.begin_call(None, &then, Map::new())];
        let after = self.mounted.run(then);
        let both = async {
            match early {
                Some(done) => (done, after.await),
                None => tokio::join!(running, after),
            }
        };
        let (first, then) = self.in_time(both, None).await?.unwrap_or_else(|| (Ok(unanswered()), Ok(unanswered())));
        for (call, result) in calls.into_iter().zip([first, then]) {
            self.harness.sandbox().record_return(told(call, &result.map_err(halt)?));
        }
        Ok(())
    }

    fn begin_call(&self, user: Option<&str>, command: &SdkCommand, meant: Map<String, Value>) -> u64 {
        if let (Some(user), SdkCommand::CreateUser { .. }) = (user, command) {
            *self.mounted.user.lock() = Some(user.to_owned());
        }
        self.harness.sandbox().record_call(Call {
            call: 0,
            install: self.mounted.label.clone(),
            name: command.name(),
            arguments: arguments(command).into_iter().chain(meant).collect(),
            user: user.map(|user| self.harness.user(user)).or_else(|| self.mounted.who_logs_in(command)),
            by_app: false,
        })
    }

    /// Sends a command, and does something once the vendor has received a request of it.
    pub(super) async fn run_meanwhile(
        &self,
        command: SdkCommand,
        asks: CommandName,
        meanwhile: impl Future<Output = Result<(), Halt>>,
    ) -> Result<(), Halt> {
        self.before_commands(1).await?;
        let before = self.harness.last_seq();
        let call = self.begin_call(None, &command, Map::new());
        let running = self.mounted.run(command);
        tokio::pin!(running);
        let early = tokio::select! {
        biased;
                   done = &mut running => Some(done),
                   () = self.harness.arrival(before, asks) => None,
               };
        meanwhile.await?;
        let result = match early {
            Some(done) => done,
            None => self.in_time(running, None).await?.unwrap_or_else(|| Ok(unanswered())),
        };
        self.harness.sandbox().record_return(told(call, &result.map_err(halt)?));
        Ok(())
    }

    /// Waits for running work, and moves time on where only time can complete it; `None` if it never completes. The work may
    /// be the start of a process.
    async fn in_time<T>(
        &self,
        running: impl Future<Output = T>,
        starting: Option<Starting<'_>>,
    ) -> Result<Option<T>, Halt> {
        if !self.harness.moves_time() || !self.mounted.is_awake() {
            return Ok(Some(running.await));
        }
        tokio::pin!(running);
        // On a separate connection, the next message could overtake the command. Time would pass before the SDK has
        // received it.
        if let Ok(done) = tokio::time::timeout(AT_ONCE, &mut running).await {
            return self.mounted.quiesce().await.map(|()| Some(done));
        }
        self.harness.finish(&mut running, starting).await
    }
}

/// The payload of a push that is no vendor's, and what the harness records about it.
pub(super) fn foreign_push() -> (Map<String, Value>, Map<String, Value>) {
    let payload = Map::from_iter([("title".to_owned(), Value::from("Two for one on pizza"))]);
    (payload, Map::from_iter([("foreign".to_owned(), Value::from(true))]))
}

fn unanswered() -> CommandResult {
    CommandResult::failed(format!("no answer within {TIMEOUT}"))
}

/// The arguments of a command, without its name.
fn arguments(command: &SdkCommand) -> Map<String, Value> {
    match serde_json::to_value(command) {
        Ok(Value::Object(mut map)) => {
            map.remove("command");
            map
        }
        _ => Map::new(),
    }
}

fn told(call: u64, result: &CommandResult) -> Return {
    match result {
        CommandResult::Done { value, .. } => Return { call, success: true, reason: None, value: value.clone() },
        CommandResult::Failed { reason, .. } => {
            Return { call, success: false, reason: Some(reason.clone()), value: Map::new() }
        }
        CommandResult::Unsupported {} => {
            Return { call, success: false, reason: Some("unsupported".to_owned()), value: Map::new() }
        }
    }
}
