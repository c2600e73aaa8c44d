//! Plays a case in a harness, step by step.

use std::collections::BTreeSet;

use parking_lot::Mutex;
use standin_contracts::protocol::{CommandName, SdkCommandName};
use standin_mock_server::fault::{Fault, Hold, Moment, Redirect};
use standin_mock_server::{FaultId, FaultSpec, When};

use super::step::{Doing, FaultBurst, SdkCase, SdkStep, Who};
use super::together::together;
use crate::adapter::{SdkCommand, Storage};
use crate::driver::Halt;
use crate::sdk::{DeviceHandle, SdkHarness};

pub(super) struct Player<'w> {
    pub(super) harness: &'w SdkHarness,
    pub(super) installs: Vec<DeviceHandle<'w>>,
    /// All labels given so far: none is given twice.
    labels: BTreeSet<String>,
    /// The credential that was obtained last.
    last: Mutex<Option<String>>,
}

impl<'w> Player<'w> {
    /// A player with one phone, on which the app starts and its user allows everything.
    pub(super) async fn begin(harness: &'w SdkHarness) -> Result<Self, Halt> {
        let mut player = Self { harness, installs: Vec::new(), labels: BTreeSet::new(), last: Mutex::default() };
        let phone = player.device(0, "phone", Storage::New).await?;
        player.installs.push(phone);
        Ok(player)
    }

    pub(super) async fn play(&mut self, case: &SdkCase) -> Result<(), Halt> {
        for step in &case.steps {
            // Boxed: a step's future is as large as its largest branch.
            Box::pin(self.take(step)).await?;
        }
        Ok(())
    }

    async fn take(&mut self, step: &SdkStep) -> Result<(), Halt> {
        if step.who().is_some_and(|who| who >= self.installs.len()) {
            return Ok(());
        }
        match step {
            SdkStep::Pass(span) => self.harness.pass_if_able(*span).await,
            SdkStep::Meet(burst) => self.meet(burst),
            SdkStep::Key(state) if self.harness.has_client_key() => self.harness.set_client_key(*state),
            SdkStep::Install { tablet, copy_of } => self.install(*tablet, *copy_of).await,
            SdkStep::Reinstall { who, keeps } => self.reinstall(*who, *keeps).await,
            SdkStep::KillDuring { who, doing, at, asleep } => {
                self.kill_during(*who, *doing, *at).await?;
                self.harness.pass_if_able(*asleep).await?;
                self.installs[*who].launch().await
            }
            SdkStep::Together { branches, order } => together(self, branches, order).await,
            step => self.at_install(step).await,
        }
    }

    async fn device(&mut self, place: usize, kind: &str, storage: Storage) -> Result<DeviceHandle<'w>, Halt> {
        let plain = format!("{kind}{}", place + 1);
        let numbered = (2_usize..).map(|again| format!("{plain}again{again}"));
        let label = std::iter::once(plain.clone()).chain(numbered).find(|label| !self.labels.contains(label));
        let label = label.unwrap_or(plain);
        self.labels.insert(label.clone());
        let device = self.harness.install(&label, kind, storage).await?;
        device.launch().await?;
        device.allow_all().await?;
        Ok(device)
    }

    async fn install(&mut self, tablet: bool, copy_of: Option<Who>) -> Result<(), Halt> {
        let original = copy_of.and_then(|of| self.installs.get(of)).filter(|_| self.harness.has("storage:clone"));
        let storage = original.map_or(Storage::New, |of| Storage::Clone { of: of.label().to_owned() });
        let device = self.device(self.installs.len(), if tablet { "tablet" } else { "phone" }, storage).await?;
        self.installs.push(device);
        Ok(())
    }

    async fn reinstall(&mut self, who: Who, keeps: bool) -> Result<(), Halt> {
        self.kill(who).await?;
        if keeps && self.harness.has("storage:same") {
            self.installs[who] = self.harness.reinstall(&self.installs[who]).await?;
            return self.installs[who].launch().await;
        }
        let kind = self.installs[who].kind().to_owned();
        self.installs[who] = self.device(who, &kind, Storage::New).await?;
        Ok(())
    }

    /// The app's process dies, if it runs.
    async fn kill(&self, who: Who) -> Result<(), Halt> {
        let install = &self.installs[who];
        if install.is_awake() { install.kill().await } else { Ok(()) }
    }

    fn meet(&self, burst: &FaultBurst) -> Result<(), Halt> {
        let fault = match &burst.fault {
            Fault::Redirect(redirect) => {
                let to = format!("{}/", self.harness.origins().other_origin);
                Fault::Redirect(Redirect { to, ..redirect.clone() })
            }
            other => other.clone(),
        };
        self.harness.meet(burst.command, fault, burst.times)
    }

    /// Plays a step at one install, or in its app.
    pub(super) async fn at_install(&self, step: &SdkStep) -> Result<(), Halt> {
        let Some(install) = step.who().and_then(|who| self.installs.get(who)) else { return Ok(()) };
        match step {
            SdkStep::Launch(_) => install.launch().await,
            SdkStep::Kill(who) => self.kill(*who).await,
            SdkStep::Restart { who, asleep } => {
                self.kill(*who).await?;
                self.harness.pass_if_able(*asleep).await?;
                install.launch().await
            }
            SdkStep::Grant { category, allowed, .. } => {
                let categories = self.harness.categories();
                install.grant(&[categories[category % categories.len()].clone()], *allowed).await
            }
            SdkStep::Create { user, times, .. } => self.create(install, *user, *times).await,
            SdkStep::CreateLate { user, age, .. } => {
                let credential = self.credential(*user).await?;
                self.harness.pass_if_able(*age).await?;
                install.create_user_with(&name(*user), credential).await.map(drop)
            }
            SdkStep::CreateAgain { user, .. } => {
                let last = self.last.lock().clone();
                match last {
                    Some(credential) => install.create_user_with(&name(*user), Some(credential)).await.map(drop),
                    None => Ok(()),
                }
            }
            SdkStep::Wake { pushes, .. } => self.wake(install, *pushes).await,
            SdkStep::MistakePush(_) if self.harness.can(SdkCommandName::ForwardPush) => install.mistake_push().await,
            SdkStep::PushToken(_) => install.hand_push_token().await,
            SdkStep::Record { items, .. } => install.record_some(*items).await,
            SdkStep::StartSync(_) => install.start_sync().await,
            SdkStep::StopSync(_) => install.stop_sync().await,
            SdkStep::SyncNow(_) => install.sync_now().await,
            SdkStep::SwitchOff(_) => self.harness.switch_off(install),
            step => plain(step, install).await,
        }
    }

    /// Obtains a credential for a user, and remembers it in case a later step uses it again.
    pub(super) async fn credential(&self, user: usize) -> Result<Option<String>, Halt> {
        let credential = self.harness.credential(&name(user)).await?;
        self.last.lock().clone_from(&credential);
        Ok(credential)
    }

    /// The credential that was obtained last.
    pub(super) fn last_credential(&self) -> Option<String> {
        self.last.lock().clone()
    }

    async fn create(&self, install: &DeviceHandle<'_>, user: usize, times: usize) -> Result<(), Halt> {
        let issues = self.harness.contract().has(CommandName::IssueCredential);
        let mut commands = Vec::new();
        for _ in 0..times {
            let credential = self.credential(user).await?;
            // A client backend under test may have no credential to give.
            if credential.is_some() || !issues {
                commands.push(install.creation(&name(user), credential));
            }
        }
        match <[SdkCommand; 1]>::try_from(commands) {
            Ok([command]) => install.run_as(&name(user), command).await.map(drop),
            Err(commands) => install.run_at_once(Some(&name(user)), commands).await,
        }
    }

    async fn wake(&self, install: &DeviceHandle<'_>, pushes: usize) -> Result<(), Halt> {
        for _ in 0..pushes {
            if self.harness.can(SdkCommandName::ForwardPush) {
                install.wake().await?;
            }
        }
        Ok(())
    }

    /// The process dies as soon as a request of this action is held at the vendor, or else when the action is done.
    async fn kill_during(&self, who: Who, doing: Doing, at: Moment) -> Result<(), Halt> {
        let install = &self.installs[who];
        if !install.is_awake() {
            return Ok(());
        }
        let (user, command, request) = match doing {
            Doing::Create(user) => {
                let credential = self.credential(user).await?;
                let user = name(user);
                (Some(user.clone()), install.creation(&user, credential), CommandName::CreateUser)
            }
            Doing::SyncNow => (None, SdkCommand::SyncNow {}, CommandName::SubmitBatch),
            Doing::Reset => (None, SdkCommand::Reset {}, CommandName::EndSession),
            Doing::Forget => (None, SdkCommand::Forget {}, CommandName::EraseUser),
        };
        if !self.harness.can(command.name()) || !self.harness.contract().has(request) {
            return install.kill().await;
        }
        let spec = FaultSpec::new(Fault::Hold(Hold { at })).on(request.as_str()).of(install.label());
        let hold = self.set(spec.when(When::Next(1)))?;
        install.kill_during(user.as_deref(), command, request).await?;
        self.harness.sandbox().withdraw_fault(hold);
        Ok(())
    }

    pub(super) fn set(&self, spec: FaultSpec) -> Result<FaultId, Halt> {
        self.harness.sandbox().set_fault(spec).map_err(|error| Halt::Harness(error.to_string()))
    }
}

/// Plays a step that is a single command.
async fn plain(step: &SdkStep, install: &DeviceHandle<'_>) -> Result<(), Halt> {
    let command = match step {
        SdkStep::SetInterval { span, .. } => SdkCommand::SetInterval { seconds: span.get() / 1000 },
        SdkStep::Reset(_) => SdkCommand::Reset {},
        SdkStep::Forget(_) => SdkCommand::Forget {},
        SdkStep::Network { online, .. } => SdkCommand::Network { online: *online },
        SdkStep::DeviceClock { seconds, .. } => SdkCommand::DeviceClock { offset_ms: seconds * 1000 },
        _ => return Ok(()),
    };
    install.run_if_able(command).await
}

/// The name of the user with this number.
pub(super) fn name(user: usize) -> String {
    format!("user{user}")
}
