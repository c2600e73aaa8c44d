//! A richer cast of users for the reference backend: people whom careless code takes for one another, or trips over.

use standin_contracts::contract::Contract;

use super::config_for;
use crate::driver::{BackendConfig, PersonalTable, UserTable};

/// The file that would describe the reference backend for a contract, with users of every kind.
///
/// # Errors
/// If the contract has no call that a client backend's app could make.
pub fn varied_config_for(contract: &Contract) -> Result<BackendConfig, String> {
    let mut config = config_for(contract)?;
    config.users.extend(unusual());
    Ok(config)
}

/// Every vendor takes letters and digits as an id, and 64 of them.
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
