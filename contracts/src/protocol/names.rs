//! The closed sets of names: commands, replies, kinds of key.

use super::words::words;

words! {
    /// One step of the protocol that a client requests of a vendor.
    CommandName, "command" {
        /// Makes a user before any credential exists (vendors with two steps).
        RegisterUser = "register_user",
        /// A client backend obtains a credential for its app.
        IssueCredential = "issue_credential",
        /// An install redeems a credential, or creates its user outright.
        CreateUser = "create_user",
        /// An install gets a new token for its session.
        RefreshSession = "refresh_session",
        /// An install submits a batch of what it recorded.
        SubmitBatch = "submit_batch",
        /// An install reports what its user allows.
        ReportPermissions = "report_permissions",
        /// An install registers the token by which pushes reach it.
        RegisterPush = "register_push",
        /// An install ends its session.
        EndSession = "end_session",
        /// Removes a user with all data about the user.
        EraseUser = "erase_user",
        /// A client backend links an install without a user to a user.
        LinkInstall = "link_install",
        /// A client backend lists the installs of a user.
        ListInstalls = "list_installs",
        /// A client backend reads the results that the vendor made from a user's data.
        ReadBack = "read_back",
        /// The vendor delivers messages to a client backend.
        Webhook = "webhook",
        /// The vendor asks a client backend's receiver for the app that it serves.
        WebhookProbe = "webhook_probe",
        /// The vendor wakes an install, through a push service.
        Push = "push",
    }
}

words! {
    /// The vendor's answer to a command.
    ReplyName, "reply" {
        /// The user exists now.
        UserRegistered = "user_registered",
        /// A credential, with its expiry.
        CredentialIssued = "credential_issued",
        /// A new user, and a session for the install.
        UserCreated = "user_created",
        /// The existing user of the external id, and a session for the install.
        UserRestored = "user_restored",
        /// The vendor never issued this credential.
        CredentialUnknown = "credential_unknown",
        /// The credential was redeemed at or after its expiry.
        CredentialExpired = "credential_expired",
        /// The credential allows one redemption, and was redeemed before.
        CredentialSpent = "credential_spent",
        /// The install holds a user already, and it is not this one.
        InstallHasOtherUser = "install_has_other_user",
        /// A new token for the session.
        SessionRefreshed = "session_refreshed",
        /// All items were kept.
        BatchAccepted = "batch_accepted",
        /// The batch had been kept before, and is not kept twice.
        BatchAlreadyAccepted = "batch_already_accepted",
        /// Some items were kept, and the answer says which.
        BatchPartial = "batch_partial",
        /// The batch holds more than the vendor accepts at once.
        BatchTooLarge = "batch_too_large",
        /// The user's permissions were noted.
        PermissionsNoted = "permissions_noted",
        /// Pushes go to the registered token from now on.
        PushRegistered = "push_registered",
        /// The session was ended, as requested.
        SessionEnded = "session_ended",
        /// The user was erased.
        UserErased = "user_erased",
        /// The install now belongs to the user.
        InstallLinked = "install_linked",
        /// No such install.
        InstallUnknown = "install_unknown",
        /// The install was switched off.
        InstallDisabled = "install_disabled",
        /// The install belongs to another app than the key.
        InstallOfOtherApp = "install_of_other_app",
        /// The install is linked to another user.
        InstallLinkedElsewhere = "install_linked_elsewhere",
        /// The installs of the user.
        InstallsListed = "installs_listed",
        /// The result is still being made; ask again later.
        ReadPending = "read_pending",
        /// The result.
        ReadComplete = "read_complete",
        /// The user exists, and there is no result.
        ReadEmpty = "read_empty",
        /// The client backend accepted the messages.
        MessageKept = "message_kept",
        /// The client backend named the app that its receiver serves.
        ProbeAnswered = "probe_answered",
        /// No such user.
        UserUnknown = "user_unknown",
        /// No key was sent.
        KeyMissing = "key_missing",
        /// The vendor knows no such key.
        KeyUnknown = "key_unknown",
        /// The key was revoked.
        KeyRevoked = "key_revoked",
        /// The key has expired.
        KeyExpired = "key_expired",
        /// The key lacks the scope for this call.
        KeyLacksScope = "key_lacks_scope",
        /// The key belongs to another app than the object of the call.
        KeyOfOtherApp = "key_of_other_app",
        /// No session token was sent.
        SessionMissing = "session_missing",
        /// The token stands for no session.
        SessionUnknown = "session_unknown",
        /// The session has expired.
        SessionExpired = "session_expired",
        /// The session was ended before.
        SessionWasEnded = "session_was_ended",
        /// Another device of the user took this install's place.
        InstallDeactivated = "install_deactivated",
        /// The vendor switched the user off on this install.
        UserDisabled = "user_disabled",
        /// The user that the session or credential stood for has been erased.
        UserWasErased = "user_was_erased",
        /// The request breaks the contract's schema.
        Malformed = "malformed",
        /// The body is larger than the vendor accepts.
        TooLarge = "too_large",
        /// The body's media type is not one the vendor reads.
        UnsupportedMedia = "unsupported_media",
        /// The proof of knowing the secret is absent or wrong.
        ProofWrong = "proof_wrong",
        /// The client made too many calls, and must wait.
        Throttled = "throttled",
        /// The vendor can't answer now.
        Unavailable = "unavailable",
    }
}

words! {
    /// The kind of key that a security scheme of a contract carries.
    KeyKind, "kind of key" {
        /// The client backend's secret.
        Server = "server",
        /// The key inside the app, which can't be kept secret.
        Client = "client",
        /// The session token that an install received for its credential.
        Session = "session",
        /// The vendor's key to a client backend's receiver.
        Partner = "partner",
    }
}

impl CommandName {
    /// Whether the vendor sends this command to a client backend.
    pub const fn is_webhook(self) -> bool {
        matches!(self, Self::Webhook | Self::WebhookProbe)
    }

    /// The replies that only this command has. The first is its success. A push has none.
    pub const fn own_replies(self) -> &'static [ReplyName] {
        use ReplyName as R;
        match self {
            Self::RegisterUser => &[R::UserRegistered],
            Self::IssueCredential => &[R::CredentialIssued],
            Self::CreateUser => &[
                R::UserCreated,
                R::UserRestored,
                R::CredentialUnknown,
                R::CredentialExpired,
                R::CredentialSpent,
                R::InstallHasOtherUser,
            ],
            Self::RefreshSession => &[R::SessionRefreshed],
            Self::SubmitBatch => &[R::BatchAccepted, R::BatchAlreadyAccepted, R::BatchPartial, R::BatchTooLarge],
            Self::ReportPermissions => &[R::PermissionsNoted],
            Self::RegisterPush => &[R::PushRegistered],
            Self::EndSession => &[R::SessionEnded],
            Self::EraseUser => &[R::UserErased],
            Self::LinkInstall => &[
                R::InstallLinked,
                R::InstallUnknown,
                R::InstallDisabled,
                R::InstallOfOtherApp,
                R::InstallLinkedElsewhere,
            ],
            Self::ListInstalls => &[R::InstallsListed],
            Self::ReadBack => &[R::ReadComplete, R::ReadPending, R::ReadEmpty],
            Self::Webhook => &[R::MessageKept],
            Self::WebhookProbe => &[R::ProbeAnswered],
            Self::Push => &[],
        }
    }
}

impl ReplyName {
    /// Whether the reply does not do what the command asked.
    pub const fn is_refusal(self) -> bool {
        !matches!(
            self,
            Self::UserRegistered
                | Self::CredentialIssued
                | Self::UserCreated
                | Self::UserRestored
                | Self::SessionRefreshed
                | Self::BatchAccepted
                | Self::BatchAlreadyAccepted
                | Self::BatchPartial
                | Self::PermissionsNoted
                | Self::PushRegistered
                | Self::SessionEnded
                | Self::UserErased
                | Self::InstallLinked
                | Self::InstallsListed
                | Self::ReadPending
                | Self::ReadComplete
                | Self::ReadEmpty
                | Self::MessageKept
                | Self::ProbeAnswered
        )
    }

    /// Whether the reply refuses the key.
    pub fn is_about_key(self) -> bool {
        self.as_str().starts_with("key_")
    }

    /// The HTTP status of this reply if a contract sets none (RFC 9110, RFC 6585).
    pub const fn usual_status(self) -> u16 {
        match self {
            Self::KeyMissing
            | Self::KeyUnknown
            | Self::KeyRevoked
            | Self::KeyExpired
            | Self::SessionMissing
            | Self::SessionUnknown
            | Self::SessionExpired
            | Self::SessionWasEnded
            | Self::CredentialUnknown
            | Self::CredentialExpired
            | Self::CredentialSpent => 401,
            Self::KeyLacksScope
            | Self::KeyOfOtherApp
            | Self::InstallDisabled
            | Self::InstallOfOtherApp
            | Self::InstallLinkedElsewhere
            | Self::InstallDeactivated
            | Self::UserDisabled
            | Self::ProofWrong => 403,
            Self::UserUnknown | Self::InstallUnknown => 404,
            Self::InstallHasOtherUser => 409,
            Self::UserWasErased => 410,
            Self::Malformed => 400,
            Self::TooLarge | Self::BatchTooLarge => 413,
            Self::UnsupportedMedia => 415,
            Self::Throttled => 429,
            Self::Unavailable => 503,
            _ => 200,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_as_itself() {
        for name in ReplyName::ALL {
            assert_eq!(name.as_str().parse(), Ok(*name));
        }
        for name in CommandName::ALL {
            assert_eq!(name.as_str().parse(), Ok(*name));
        }
    }

    #[test]
    fn a_command_succeeds_with_its_first_reply() {
        for command in CommandName::ALL.iter().filter(|command| **command != CommandName::Push) {
            assert!(!command.own_replies()[0].is_refusal(), "{command}");
        }
    }
}
