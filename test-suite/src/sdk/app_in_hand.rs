//! An app, in a user's hand: what its user does with it, and waits for.

use standin_contracts::protocol::CommandName;
use standin_mock_server::fault::{Hold, Moment};
use standin_mock_server::{Fault, FaultSpec, When};

use super::device_handle::{DeviceHandle, foreign_push};
use crate::adapter::SdkCommand;
use crate::driver::Halt;

impl DeviceHandle<'_> {
    /// First start, in one: the app starts and is opened, its user logs in and allows everything.
    pub async fn begin_app(&self, user: &str) -> Result<(), Halt> {
        self.launch().await?;
        self.open().await?;
        self.log_in(user).await?;
        self.answer(true).await
    }

    /// The app is closed, with whatever it had under way, and started and opened again.
    pub async fn relaunch(&self) -> Result<(), Halt> {
        self.kill().await?;
        self.launch().await?;
        self.open().await
    }

    /// The user opens the app, if it makes a difference to it.
    pub async fn open(&self) -> Result<(), Halt> {
        self.run_if_able(SdkCommand::Open {}).await?;
        self.harness.quiesce().await
    }

    /// The user answers what the app asked.
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

    /// The command to log in; from now on the app is this user's.
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

    /// A push of the vendor arrives at the app, if the vendor sends any.
    pub async fn receive_push(&self) -> Result<(), Halt> {
        let Some(push) = &self.harness.contract().push else { return Ok(()) };
        let payload = push.make(&self.harness.next_push());
        self.run(SdkCommand::ReceivePush { payload }).await?;
        self.harness.quiesce().await
    }

    /// A push of somebody else arrives at the app.
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

    /// Carries a command out that has a user created, with a credential whose life ends before the vendor looks at it.
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
        self.run_meanwhile(command, CommandName::CreateUser, expire).await
    }
}
