//! The contracts that ship with the program.

use super::{Contract, InvalidFile};

/// The vendors that ship with the program.
pub const VENDORS: &[&str] = &["techcentrix", "sentiance", "finbox"];

const TEXTS: &[(&str, &str)] = &[
    ("techcentrix", include_str!("../../vendors/techcentrix/openapi.yaml")),
    ("sentiance", include_str!("../../vendors/sentiance/openapi.yaml")),
    ("finbox", include_str!("../../vendors/finbox/openapi.yaml")),
];

/// A shipped vendor's contract, if there is one of that name. A test loads each, so that a refusal here can't ship.
pub fn builtin(vendor: &str) -> Option<Result<Contract, InvalidFile>> {
    let text = text(vendor)?;
    Some(Contract::load(&format!("contracts/vendors/{vendor}/openapi.yaml"), text))
}

/// A shipped vendor's contract as it is written.
pub(super) fn text(vendor: &str) -> Option<&'static str> {
    TEXTS.iter().find(|(name, _)| *name == vendor).map(|(_, text)| *text)
}
