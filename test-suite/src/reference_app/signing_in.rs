//! How the app gets its user into its SDK. It asks the user for permissions, then gets a new credential where the
//! vendor issues any. Syncs start only once the user exists.

use standin_contracts::protocol::CommandName;

use super::install::{AppInstall, Process, Stopped};
use super::stored::Person;
use crate::adapter::{CommandResult, SdkCommand};

/// The largest number of credentials that it tries for one sign-in.
const TRIES: usize = 2;

impl AppInstall {
    /// Continues for the logged-in user after a start.
    pub(super) async fn resume(&self, process: Process) -> Result<(), Stopped> {
        let stored = self.stored();
        let mint = self.contract.facts.credential.mint.value;
        match stored.person {
            Some(_) if stored.has_user && !self.behaviour.creates_at_start(mint, self.by_credential()) => {
                self.start_sync(process).await
            }
            Some(person) => self.sign_in(process, &person).await,
            None if stored.has_synced && self.behaviour.syncs_without_user() => self.start_sync(process).await,
            None => Ok(()),
        }
    }

    /// Asks for permissions. Once that is answered, has the user created and starts syncs.
    pub(super) async fn sign_in(&self, process: Process, person: &Person) -> Result<(), Stopped> {
        if self.behaviour.asks_first() {
            self.ask_for_permissions(process);
            if !self.stored().answered {
                return Ok(());
            }
        }
        if self.behaviour.starts_sync(false) {
            self.start_sync(process).await?;
        }
        if !self.behaviour.creates(&self.permissions()) {
            return Ok(());
        }
        let has_user = self.create_user(process, person).await?;
        self.ask_for_permissions(process);
        if has_user {
            self.keep(|stored| stored.has_user = true);
            self.start_sync(process).await?;
        }
        Ok(())
    }

    /// Has the user created. After a refused credential it gets a new one, since a refused one is worthless.
    async fn create_user(&self, process: Process, person: &Person) -> Result<bool, Stopped> {
        for again in 0..TRIES {
            let user_id = self.behaviour.user_id(person).filter(|_| !self.by_credential());
            let credential = if self.by_credential() { self.credential(person, again > 0).await } else { None };
            if self.by_credential() && credential.is_none() {
                return Ok(false);
            }
            let result = self.call(process, SdkCommand::CreateUser { credential, user_id }).await?;
            if !was_refused(&result) || self.behaviour.keeps_credential() {
                return Ok(matches!(result, CommandResult::Done { .. }));
            }
        }
        Ok(false)
    }

    async fn credential(&self, person: &Person, was_refused: bool) -> Option<String> {
        let kept = if was_refused { self.behaviour.insists() } else { self.behaviour.keeps_credential() };
        if let Some(kept) = self.stored().credential.filter(|_| kept) {
            return Some(kept);
        }
        let _asking = self.ask_backend()?;
        let credential = self.backend.credential(&person.authorization).await?;
        self.keep(|stored| stored.credential = Some(credential.clone()));
        Some(credential)
    }

    /// Hands the push token to the SDK, sets the vendor's own interval, if there is one, and starts syncs.
    pub(super) async fn start_sync(&self, process: Process) -> Result<(), Stopped> {
        if !self.contract.has(CommandName::SubmitBatch) {
            return Ok(());
        }
        if self.contract.has(CommandName::RegisterPush) {
            self.call(process, SdkCommand::PushToken { token: self.push_token() }).await?;
        }
        if let Some(wanted) = self.contract.facts.sync.interval.value.0 {
            self.call(process, SdkCommand::SetInterval { seconds: self.behaviour.interval(wanted) }).await?;
        }
        self.keep(|stored| stored.has_synced = true);
        self.call(process, SdkCommand::StartSync {}).await.map(drop)
    }

    fn by_credential(&self) -> bool {
        self.contract.has(CommandName::IssueCredential)
    }
}

/// Whether the vendor refused the credential: the SDK's reasons for that begin with `credential_`.
fn was_refused(result: &CommandResult) -> bool {
    matches!(result, CommandResult::Failed { reason, .. } if reason.starts_with("credential_"))
}
