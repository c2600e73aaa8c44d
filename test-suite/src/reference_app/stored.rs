//! What an app keeps on its device, beside what its SDK keeps.

/// What an app keeps on its device.
#[derive(Debug, Clone, Default)]
pub struct AppStored {
    /// Who is logged in.
    pub person: Option<Person>,
    /// True once it has asked for permissions.
    pub asked: bool,
    /// True once the user has answered.
    pub answered: bool,
    /// True once its SDK said that the user is there.
    pub has_user: bool,
    /// True once syncs were started for anybody.
    pub has_synced: bool,
    /// The last credential that it got. One that conforms never looks at it again.
    pub credential: Option<String>,
}

/// Who is logged in to an app.
#[derive(Debug, Clone)]
pub struct Person {
    /// What the app shows to its client backend.
    pub authorization: String,
    /// The company's own id of the user, if the app knows it.
    pub user_id: Option<String>,
    /// The address that was typed in.
    pub email: Option<String>,
}
