//! A client backend obtains a credential for its app.

use standin_contracts::contract::TokenFormat;
use standin_contracts::protocol::{Field, Fields, Reply, ReplyName, Timestamp};

use super::state::{Credential, UserRef};
use super::{Engine, EngineReply, Step, needed};

impl Engine {
    /// The credential is bound to this user. The install that redeems it gets this user, even if the install claims
    /// another.
    pub(super) fn issue_credential(&mut self, step: &Step<'_>) -> EngineReply {
        let user = self.credential_user(step)?;
        self.note_personal(user, step.fields);
        let expires_at = step.now.after(self.policy.credential_lifetime).rounded_down(self.policy.credential_step);
        let carried = self.carried_fields(user, expires_at);
        let credential = (step.mint)(self.draw(), &carried);
        // A contract's JWT need not contain anything random. Two that are issued in the same second can be equal, and
        // then count as one credential.
        let new = Credential { user, expires_at, spent: false };
        self.state.credentials.entry(credential.clone()).or_insert(new);
        let mut reply = Reply { name: ReplyName::CredentialIssued, fields: carried };
        reply.fields.set(Field::Credential, credential);
        reply.fields.set(Field::UserId, self.state.users[user].id.as_str());
        Ok(reply)
    }

    fn credential_user(&mut self, step: &Step<'_>) -> Result<UserRef, ReplyName> {
        if let Some(id) = step.fields.text(&Field::UserId) {
            let user = self.state.user_by_id(id).ok_or(ReplyName::UserUnknown)?;
            let erased = self.state.users[user].erased;
            return if erased { Err(ReplyName::UserWasErased) } else { Ok(user) };
        }
        let external_id = needed(step.fields, &Field::ExternalId)?;
        Ok(self.user_of(external_id))
    }

    fn note_personal(&mut self, user: UserRef, fields: &Fields) {
        for field in [Field::PersonalEmail, Field::PersonalPhone, Field::PersonalName] {
            if let Some(value) = fields.get(&field) {
                self.state.users[user].personal.set(field, value.clone());
            }
        }
    }

    /// The fields that a credential carries, unless it is opaque.
    fn carried_fields(&mut self, user: UserRef, expires_at: Timestamp) -> Fields {
        let fields =
            Fields::new().with(Field::CredentialId, self.draw_id(TokenFormat::Uuid)).with(Field::ExpiresAt, expires_at);
        match &self.state.users[user].external_id {
            Some(external_id) => fields.with(Field::ExternalId, external_id.as_str()),
            None => fields,
        }
    }
}
