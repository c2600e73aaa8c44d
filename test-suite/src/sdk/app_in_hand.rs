//! What the user of an app does with it, and what the harness waits for.

use standin_contracts::protocol::{CommandName, SdkCommandName};
use standin_mock_server::fault::{Hold, Moment};
use standin_mock_server::{Fault, FaultSpec, When};

use super::device_handle::{DeviceHandle, foreign_push};
use crate::adapter::SdkCommand;
use crate::driver::Halt;

impl DeviceHandle<'_> {
    /// First start: the app is launched and opened, its user logs in and allows everything.
    pub async fn begin_app(&self, user: &str) -> Result<(), Halt> {
        self.launch().await?;
        self.open().await?;
        self.log_in(user).await?;
        self.answer(true).await
    }

    /// The app is closed with any work under way, then started and opened again.
    pub async fn relaunch(&self) -> Result<(), Halt> {
        self.kill().await?;
        self.launch().await?;
        self.open().await
    }

    /// The user opens the app. Does nothing for an app without this command.
    pub async fn open(&self) -> Result<(), Halt> {
        self.run_if_able(SdkCommand::Open {}).await?;
        self.harness.quiesce().await
    }

    /// The user answers the app's permission prompt for all categories.
    pub async fn answer(&self, allowed: bool) -> Result<(), Halt> {
        self.grant(&self.harness.categories(), allowed).await?;
        self.harness.quiesce().await
    }

    /// The user logs in.
    pub async fn log_in(&self, user: &str) -> Result<(), Halt> {
        let command = self.logging_in(user)?;
        self.run(command).await?;
        self.harness.quiesce().await
    }

    /// The command to log in. From now on the user of the app is this one.
    pub fn logging_in(&self, user: &str) -> Result<SdkCommand, Halt> {
        self.mounted.is_used_by(Some(self.harness.label(user)));
        self.harness.login(user)
    }

    /// The user logs out.
    pub async fn log_out(&self) -> Result<(), Halt> {
        self.run(SdkCommand::LogOut {}).await?;
        self.harness.quiesce().await?;
        self.mounted.is_used_by(None);
        Ok(())
    }

    /// A push of the vendor arrives at the app. Does nothing for a vendor without pushes.
    pub async fn receive_push(&self) -> Result<(), Halt> {
        let Some(push) = &self.harness.contract().push else { return Ok(()) };
        let payload = push.make(&self.harness.next_push());
        self.run(SdkCommand::ReceivePush { payload }).await?;
        self.harness.quiesce().await
    }

    /// A push of another sender arrives at the app.
    pub async fn receive_foreign_push(&self) -> Result<(), Halt> {
        let (payload, meant) = foreign_push();
        self.tell(None, SdkCommand::ReceivePush { payload }, meant).await?;
        self.harness.quiesce().await
    }

    /// A further process of the app starts.
    pub async fn start_process(&self) -> Result<(), Halt> {
        self.wake_up().await?;
        self.run(SdkCommand::StartProcess {}).await?;
        self.harness.quiesce().await
    }

    /// Runs a command that creates a user, with a credential that expires before the vendor reads it.
    pub async fn run_until_expired(&self, command: SdkCommand) -> Result<(), Halt> {
        let sandbox = self.harness.sandbox();
        let lifetime = self.harness.contract().facts.credential.lifetime.value;
        let held = FaultSpec::new(Fault::Hold(Hold { at: Moment::BeforeCommit })).on(CommandName::CreateUser.as_str());
        let wrong = |error: &dyn std::fmt::Display| Halt::Harness(error.to_string());
        let fault = sandbox.set_fault(held.when(When::Next(1))).map_err(|error| wrong(&error))?;
        let expire = async {
            sandbox.advance(lifetime);
            sandbox.release(fault).map_err(|error| wrong(&error))?;
            self.harness.answered().await;
            Ok(())
        };
        self.run_meanwhile(command, CommandName::CreateUser, expire).await?;
        if self.harness.can(SdkCommandName::Advance) {
            self.mounted.catch_up_by_timers(sandbox.now()).await?;
        }
        Ok(())
    }
}
