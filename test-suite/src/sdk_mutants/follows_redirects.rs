//! Leaves its HTTP library's default in place, which follows redirects.

use std::sync::Arc;

use super::SdkMutant;
use crate::reference_sdk::SdkBehaviour;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "follows-redirects",
    mistake: "follows redirects with the whole request",
    breaks: "transport/secret-follows-redirect",
    make: || Arc::new(FollowsRedirects),
};

struct FollowsRedirects;

impl SdkBehaviour for FollowsRedirects {
    fn follows_redirects(&self) -> bool {
        true
    }
}
