//! What is secret or personal about the users, made known to the recorder.

use standin_contracts::history::{Login, Personal};
use standin_mock_server::Sandbox;

use crate::driver::{PersonalTable, UserTable, shown_login};

/// Makes the users' logins and personal values known, so that they are recognised and never kept.
///
/// So are the logins that are made of one: whoever sees one could make the user's own of it again. And so are the plain
/// hashes of what is personal, for whoever knows many addresses can find the one that was hashed.
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
