//! Asks for permissions and ignores them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "ignores-permissions",
    mistake: "submits categories that its user denied",
    breaks: "sync/without-permission",
    make: || Arc::new(IgnoresPermissions),
};

struct IgnoresPermissions;

impl SdkBehaviour for IgnoresPermissions {
    fn may_submit(&self, _: &str, _: &BTreeMap<String, bool>, _: &BTreeMap<String, bool>) -> bool {
        true
    }
}
