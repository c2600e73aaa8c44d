//! The contracts that ship with the program.

use super::{Contract, InvalidFile};

/// The vendors that ship with the program.
pub const VENDORS: &[&str] = &["techcentrix", "sentiance", "finbox"];

const TEXTS: &[(&str, &str)] = &[
    ("techcentrix", include_str!("../../vendors/techcentrix/openapi.yaml")),
    ("sentiance", include_str!("../../vendors/sentiance/openapi.yaml")),
    ("finbox", include_str!("../../vendors/finbox/openapi.yaml")),
];

/// The contract of a shipped vendor. None if no shipped vendor has this name. A test loads each contract, so that no
/// invalid one ships.
pub fn builtin(vendor: &str) -> Option<Result<Contract, InvalidFile>> {
    let text = text(vendor)?;
    Some(Contract::load(&format!("contracts/vendors/{vendor}/openapi.yaml"), text))
}

/// The text of a shipped vendor's contract.
pub(super) fn text(vendor: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(name, _)| *name == vendor).map(|(_, text)| *text)
}
