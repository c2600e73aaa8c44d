//! The storage of an app, besides its SDK's.

/// The storage of an app on its device.
#[derive(Debug, Clone, Default)]
pub struct AppStored {
    /// The logged-in user.
    pub person: Option<Person>,
    /// Whether it has asked for permissions.
    pub asked: bool,
    /// Whether the user has answered the permission request.
    pub answered: bool,
    /// Whether its SDK has reported that the user exists.
    pub has_user: bool,
    /// Whether syncs were ever started.
    pub has_synced: bool,
    /// The last credential that it got. A conforming app never uses it again.
    pub credential: Option<String>,
}

/// The user who is logged in to an app.
#[derive(Debug, Clone)]
pub struct Person {
    /// The value of the `Authorization` header that the app sends to its client backend.
    pub authorization: String,
    /// The client company's own id of the user, if the app knows it.
    pub user_id: Option<String>,
    /// The e-mail address that the user typed in.
    pub email: Option<String>,
}
