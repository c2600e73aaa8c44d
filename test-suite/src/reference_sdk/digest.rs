//! Digests of credentials, so that the SDK can recognise a credential without storing it.

use sha2::{Digest, Sha256};

/// The SHA-256 of a text, in hex.
pub(super) fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
