//! Helpers that several tests use.

use std::path::{Path, PathBuf};

use standin_contracts::contract::{Contract, VENDORS, builtin};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) fn file(path: &str) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A vendor's contract: a shipped one, or a fixture.
pub(crate) fn contract(vendor: &str) -> Contract {
    let loaded = builtin(vendor).unwrap_or_else(|| {
        let name = format!("fixtures/contracts/{vendor}.yaml");
        Contract::load(&name, &file(&name))
    });
    loaded.unwrap_or_else(|refused| panic!("{refused}"))
}

/// All contracts of the repository, shipped and fixtures.
pub(crate) fn all() -> Vec<Contract> {
    VENDORS.iter().copied().chain(["junction"]).map(contract).collect()
}
