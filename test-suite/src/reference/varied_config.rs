//! More users for the reference backend, whose logins, ids and names careless code confuses or fails on.

use standin_contracts::contract::Contract;

use super::config_for;
use crate::driver::{BackendConfig, PersonalTable, UserTable};

/// The file that describes the reference backend for a contract, with the usual and the unusual users.
///
/// # Errors
/// If the contract has no operation that a client backend's app could cause.
pub fn varied_config_for(contract: &Contract) -> Result<BackendConfig, String> {
    let mut config = config_for(contract)?;
    config.users.extend(unusual());
    Ok(config)
}

/// Users whose ids are letters and digits, 64 at most: every vendor accepts such ids.
fn unusual() -> Vec<UserTable> {
    let long = "a".repeat(63);
    vec![
        user("dora", "Dora-b7e1", "Fold0000aB", personal("dora@example.org", "Dora Fold")),
        user("DORA", "dora-B7E1", "fold0000Ab", personal("DORA@example.org", "DORA FOLD")),
        user(
            "long",
            "long-common-start-of-a-login-1",
            &format!("{long}1"),
            personal("l1@example.org", &"L".repeat(100)),
        ),
        user("longer", "long-common-start-of-a-login-2", &format!("{long}2"), PersonalTable::default()),
        user("Zoë Ωmega 🚀", "z-42", "1", personal("zoe+tag@example.org", "Zoë \"Ω\" O'Mega, 李 🚀")),
        user("prefix", "z-421", "11", personal("p@example.org", "Pre Fix")),
    ]
}

fn user(name: &str, login: &str, id: &str, personal: PersonalTable) -> UserTable {
    UserTable { name: name.to_owned(), login: login.to_owned(), id: Some(id.to_owned()), personal }
}

fn personal(email: &str, name: &str) -> PersonalTable {
    PersonalTable { email: Some(email.to_owned()), phone: None, name: Some(name.to_owned()) }
}
