//! The reference SDK's core, without I/O and without a clock. It is told each event with its time, and returns the
//! actions to take.
//!
//! Everything that must survive the process is in [`Stored`], and is stored before any other action of a step. So the
//! process may die after any step, and a core that is created from the storage still conforms.

mod account;
mod flight;
mod leave;
mod push;
mod queue;
mod rounds;
mod session;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use standin_contracts::protocol::{CommandName, Millis, Timestamp};

use self::account::Creation;
use self::flight::Flight;
use super::behaviour::SdkBehaviour;
use super::config::SdkConfig;
use super::message::{Effect, Input};
use super::rng;
use super::stored::{SignInState, Stored};
use crate::adapter::{CommandResult, SdkCommand};

/// The device of an install. The app does not influence it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceState {
    /// Whether the device has a network.
    pub online: bool,
    /// The offset of the device's clock from the true time, in milliseconds.
    pub clock_off: i64,
    /// The categories that the user allowed or denied.
    pub permissions: BTreeMap<String, bool>,
}

impl Default for DeviceState {
    fn default() -> Self {
        Self { online: true, clock_off: 0, permissions: BTreeMap::new() }
    }
}

/// The core of one install.
pub struct Core {
    config: SdkConfig,
    behaviour: Arc<dyn SdkBehaviour>,
    seed: u64,
    device: DeviceState,
    stored: Stored,
    /// The storage on the device: what a new process finds.
    saved: Stored,
    process: Option<Process>,
    /// The number of the last request.
    last: u64,
    now: Timestamp,
    effects: Vec<Effect>,
}

/// The state of a running process besides its storage.
#[derive(Default)]
struct Process {
    flights: BTreeMap<u64, Flight>,
    /// Whether the process has signed in. Each start of the app signs in once.
    signed_in: bool,
    asked: Option<Creation>,
}

impl Core {
    /// The core of an install with this storage on its device. It does nothing before it is launched.
    pub fn new(
        config: SdkConfig,
        behaviour: Arc<dyn SdkBehaviour>,
        seed: u64,
        device: DeviceState,
        stored: Stored,
    ) -> Self {
        let now = Timestamp::from_millis(0);
        let saved = stored.clone();
        Self { config, behaviour, seed, device, stored, saved, process: None, last: 0, now, effects: Vec::new() }
    }

    /// The current storage.
    pub fn stored(&self) -> &Stored {
        &self.stored
    }

    /// The device.
    pub fn device(&self) -> &DeviceState {
        &self.device
    }

    /// Whether a request is under way.
    pub fn is_waiting(&self) -> bool {
        self.process.as_ref().is_some_and(|process| !process.flights.is_empty())
    }

    /// Handles one input and returns the actions to take, in order.
    pub fn step(&mut self, now: Timestamp, input: Input) -> Vec<Effect> {
        let before = self.stored.clone();
        self.now = now;
        self.skip_empty_rounds();
        let after = match &input {
            Input::Command { command, .. } => Some(command.name()),
            _ => None,
        };
        match input {
            Input::Command { call, command } => self.command(call, command),
            Input::VendorAnswer { number, answer } => self.answered(number, Some(&answer)),
            Input::NoAnswer { number } => self.answered(number, None),
            Input::Timer => {}
        }
        if self.process.is_some() {
            self.give_up_late();
            self.begin_due_round();
            self.submit();
            self.submit_push_token();
        }
        let mut effects = std::mem::take(&mut self.effects);
        if self.stored != before && self.behaviour.stores(after) {
            self.saved = self.stored.clone();
            effects.insert(0, Effect::Store(Box::new(self.stored.clone())));
        }
        effects.extend(self.next_wake().map(Effect::WakeAt));
        effects
    }

    fn command(&mut self, call: u64, command: SdkCommand) {
        match command {
            SdkCommand::Launch {} => self.launch(call),
            SdkCommand::Kill {} => self.kill(call),
            SdkCommand::Network { online } => self.network(call, online),
            SdkCommand::DeviceClock { offset_ms } => {
                self.device.clock_off = offset_ms;
                self.done(call);
            }
            SdkCommand::Grant { permissions } => {
                self.device.permissions.extend(permissions);
                self.done(call);
            }
            SdkCommand::State {} => self.returns(call, done_with(self.told_of_itself())),
            command if !self.knows(&command) => self.returns(call, CommandResult::Unsupported {}),
            _ if self.process.is_none() => self.failed(call, "not_running"),
            command => self.app_command(call, command),
        }
    }

    fn app_command(&mut self, call: u64, command: SdkCommand) {
        match command {
            SdkCommand::CreateUser { credential, user_id } => self.create_user(call, credential, user_id),
            SdkCommand::Record { id, category } => self.record(call, id, category),
            SdkCommand::StartSync {} => self.start_sync(call),
            SdkCommand::StopSync {} => self.stop_sync(call),
            SdkCommand::SetInterval { seconds } => self.set_interval(call, seconds),
            SdkCommand::SyncNow {} => self.sync_now(call),
            SdkCommand::ForwardPush { payload } => self.take_push(call, &payload),
            SdkCommand::PushToken { token } => self.take_push_token(call, token),
            SdkCommand::Reset {} => self.reset(call),
            SdkCommand::Forget {} => self.forget(call),
            _ => self.returns(call, CommandResult::Unsupported {}),
        }
    }

    /// Whether an SDK of this vendor can carry out the command.
    fn knows(&self, command: &SdkCommand) -> bool {
        match command {
            SdkCommand::CreateUser { .. } | SdkCommand::Reset {} => true,
            SdkCommand::Forget {} => self.config.has(CommandName::EraseUser),
            SdkCommand::PushToken { .. } => self.config.has(CommandName::RegisterPush),
            SdkCommand::ForwardPush { .. } => self.config.contract().has(CommandName::Push),
            SdkCommand::Record { .. }
            | SdkCommand::StartSync {}
            | SdkCommand::StopSync {}
            | SdkCommand::SetInterval { .. }
            | SdkCommand::SyncNow {} => self.config.has(CommandName::SubmitBatch),
            _ => false,
        }
    }

    fn launch(&mut self, call: u64) {
        if self.process.is_none() {
            if !self.behaviour.is_own(&self.stored, self.config.device_id()) {
                self.stored = Stored::new(self.config.device_id());
            }
            self.process = Some(Process::default());
        }
        self.done(call);
    }

    fn kill(&mut self, call: u64) {
        self.drop_flights("killed");
        self.process = None;
        self.stored = self.saved.clone();
        self.done(call);
    }

    /// Without a network, every request under way fails.
    fn network(&mut self, call: u64, online: bool) {
        self.device.online = online;
        if !online {
            for number in self.flights(|_| true) {
                self.effects.push(Effect::GiveUp(number));
                self.answered(number, None);
            }
        }
        self.done(call);
    }

    fn told_of_itself(&self) -> Map<String, Value> {
        let user = self.stored.holder.as_ref().and_then(|holder| holder.user_id.clone());
        let sign_in_state = match &self.stored.sign_in_state {
            SignInState::SignedOut => "signed_out",
            SignInState::SignedIn => "signed_in",
            SignInState::Silent(why) => why,
        };
        let told = json!({
            "running": self.process.is_some(), "sign_in_state": sign_in_state, "user_id": user, "kept": self.stored.kept(),
        });
        told.as_object().cloned().unwrap_or_default()
    }

    fn device_time(&self) -> Timestamp {
        Timestamp::from_millis(self.now.as_millis().saturating_add(self.device.clock_off))
    }

    fn draw(&mut self) -> u64 {
        self.stored.drawn += 1;
        rng::draw(self.seed, self.stored.drawn)
    }

    fn draw_id(&mut self) -> String {
        let (first, second) = (self.draw(), self.draw());
        rng::uuid(first, second)
    }

    /// The id of the install. It is generated when it is first needed.
    fn install_id(&mut self) -> String {
        if self.stored.install_id.is_empty() {
            self.stored.install_id = self.draw_id();
        }
        self.stored.install_id.clone()
    }

    fn interval(&self) -> Millis {
        self.behaviour.interval(self.stored.interval.unwrap_or_else(|| self.config.interval()))
    }

    fn may_submit(&self, category: &str) -> bool {
        self.config.takes(category)
            && self.behaviour.may_submit(category, &self.device.permissions, &self.stored.enabled)
    }

    fn returns(&mut self, call: u64, result: CommandResult) {
        self.effects.push(Effect::Return { call, result });
    }

    fn done(&mut self, call: u64) {
        self.returns(call, CommandResult::done());
    }

    fn failed(&mut self, call: u64, reason: &str) {
        self.returns(call, CommandResult::failed(reason));
    }
}

fn done_with(value: Map<String, Value>) -> CommandResult {
    CommandResult::Done { value, calls: Vec::new() }
}

/// A `Done` result with one value.
fn done_saying(name: &str, value: impl Into<Value>) -> CommandResult {
    done_with(Map::from_iter([(name.to_owned(), value.into())]))
}
