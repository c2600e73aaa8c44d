//! How the app gets its user into its SDK: after the user was asked for permissions, with a credential that was just minted
//! where the vendor issues any, and syncs only once the user is there.

use standin_contracts::protocol::CommandName;

use super::install::{AppInstall, Process, Stopped};
use super::stored::Person;
use crate::adapter::{Order, Outcome};

/// How often the user is asked for with another credential, if the vendor refuses one.
const TRIES: usize = 2;

impl AppInstall {
    /// A start of the app by somebody who was signed in before.
    pub(super) async fn started_signed_in(&self, process: Process, person: &Person) -> Result<Outcome, Stopped> {
        let mint = self.contract.facts.credential.mint.value;
        if self.conduct.creates_at_start(mint, self.by_credential()) {
            return self.sign_in(process, person).await;
        }
        self.start_sync(process).await
    }

    /// Asks for permissions, and once that is answered has the user created and starts syncs.
    pub(super) async fn sign_in(&self, process: Process, person: &Person) -> Result<Outcome, Stopped> {
        if self.conduct.asks_first() {
            self.ask_for_permissions(process);
            if !self.stored().answered {
                return Ok(Outcome::done());
            }
        }
        if self.conduct.starts_sync(false) {
            self.start_sync(process).await?;
        }
        let created = if self.conduct.creates(&self.permissions()) {
            self.create_user(process, person).await?
        } else {
            Outcome::done()
        };
        self.ask_for_permissions(process);
        let has_user = matches!(created, Outcome::Done { .. });
        if has_user {
            self.keep(|stored| stored.has_user = true);
            self.start_sync(process).await?;
        }
        Ok(created)
    }

    /// Has the user created. A credential that was refused is worth nothing any more, so it takes another.
    async fn create_user(&self, process: Process, person: &Person) -> Result<Outcome, Stopped> {
        let mut last = Outcome::failed("nobody is known to the client backend");
        for again in 0..TRIES {
            let user_id = self.conduct.user_id(person).filter(|_| !self.by_credential());
            let credential = if self.by_credential() { self.credential(person, again > 0).await } else { None };
            if self.by_credential() && credential.is_none() {
                return Ok(last);
            }
            last = self.call(process, Order::CreateUser { credential, user_id }).await?;
            if !was_refused(&last) || self.conduct.keeps_credential() {
                break;
            }
        }
        Ok(last)
    }

    async fn credential(&self, person: &Person, was_refused: bool) -> Option<String> {
        let kept = if was_refused { self.conduct.insists() } else { self.conduct.keeps_credential() };
        if let Some(kept) = self.stored().credential.filter(|_| kept) {
            return Some(kept);
        }
        let _asking = self.ask_backend()?;
        let credential = self.backend.credential(&person.authorization).await?;
        self.keep(|stored| stored.credential = Some(credential.clone()));
        Some(credential)
    }

    /// Hands over where pushes reach the app, sets the vendor's own interval, where there is one, and starts syncs.
    pub(super) async fn start_sync(&self, process: Process) -> Result<Outcome, Stopped> {
        if !self.contract.has(CommandName::SubmitBatch) {
            return Ok(Outcome::done());
        }
        if self.contract.has(CommandName::RegisterPush) {
            self.call(process, Order::PushToken { token: self.push_token() }).await?;
        }
        if let Some(wanted) = self.contract.facts.sync.interval.value.0 {
            self.call(process, Order::SetInterval { seconds: self.conduct.interval(wanted) }).await?;
        }
        self.keep(|stored| stored.has_synced = true);
        self.call(process, Order::StartSync {}).await
    }

    fn by_credential(&self) -> bool {
        self.contract.has(CommandName::IssueCredential)
    }
}

/// True if the vendor refused the credential: the SDK's own words for that begin so.
fn was_refused(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed { reason, .. } if reason.starts_with("credential_"))
}
