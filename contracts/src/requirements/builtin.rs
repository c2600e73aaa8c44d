//! The requirements that ship with the program.

use super::{Requirements, RequirementsError};

const COMMON: &str = include_str!("../../requirements.toml");

const TEXTS: &[(&str, &str)] = &[
    ("techcentrix", include_str!("../../vendors/techcentrix/requirements.toml")),
    ("sentiance", include_str!("../../vendors/sentiance/requirements.toml")),
    ("finbox", include_str!("../../vendors/finbox/requirements.toml")),
];

/// The requirements for a vendor; only the common ones if the vendor is not shipped. A test reads each file, so that
/// no file with an error ships.
pub fn builtin(vendor: &str) -> Result<Requirements, RequirementsError> {
    let own = TEXTS.iter().find(|(name, _)| *name == vendor).map(|(_, text)| *text);
    Requirements::read(COMMON, own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::VENDORS;

    #[test]
    fn every_shipped_vendor_has_requirements_that_can_be_read() {
        for vendor in VENDORS {
            let read = builtin(vendor);
            assert!(read.is_ok(), "{vendor}: {read:?}");
        }
        assert!(TEXTS.iter().map(|(name, _)| name).eq(VENDORS));
    }

    #[test]
    fn a_vendor_that_is_not_shipped_has_the_common_requirements() {
        let own = builtin("acme").unwrap();
        assert_eq!(own, Requirements::read(COMMON, None).unwrap());
    }
}
