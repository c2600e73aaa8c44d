//! Secrets and personal values of the users, for the recorder to redact.

use standin_contracts::history::{Login, Personal};
use standin_mock_server::Sandbox;

use crate::driver::{PersonalTable, UserTable, shown_login};

/// Makes the users' logins and personal values known to the recorder, so that it redacts them.
///
/// The same holds for logins that are derived from a user's own, since that one could be computed from them. It also
/// holds for plain hashes of personal values, since a list of many addresses is enough to find the one that was
/// hashed.
pub(crate) fn know_users(sandbox: &Sandbox, users: &[UserTable]) {
    sandbox.know_all(users.iter().flat_map(|user| logins(user, users).chain(personal(user))));
}

fn logins<'u>(user: &'u UserTable, users: &[UserTable]) -> impl Iterator<Item = (String, String)> + use<'u> {
    let made_of_it = |login| shown_login(&user.login, login, users);
    let logins = [
        ("login", Some(user.login.clone())),
        ("malformed_login", made_of_it(Login::Malformed)),
        ("unknown_login", made_of_it(Login::Unknown)),
    ];
    logins.into_iter().filter_map(|(kind, login)| Some((login?, format!("{kind}#{}", user.name))))
}

fn personal(user: &UserTable) -> impl Iterator<Item = (String, String)> {
    let UserTable { name: user, personal: PersonalTable { email, phone, name }, .. } = user;
    let parts = [(Personal::Email, email), (Personal::Phone, phone), (Personal::Name, name)];
    let known = parts.into_iter().filter_map(|(kind, value)| Some(kind.traces(value.as_ref()?)));
    known.flatten().map(move |(kind, text)| (text, format!("{kind}#{user}")))
}
