//! Computes its proofs from the wrong secret.

use std::sync::Arc;

use standin_contracts::contract::Secrets;

use super::Mutant;
use crate::reference::BackendBehaviour;

pub(super) const MUTANT: Mutant = Mutant {
    name: "malformed-proof",
    mistake: "proves itself with the hash of another environment",
    breaks: "readback/salt-wrong",
    make: || Arc::new(MalformedProof),
};

struct MalformedProof;

impl BackendBehaviour for MalformedProof {
    fn secrets(&self, own: &Secrets) -> Secrets {
        Secrets { server_hash: "hash-of-another-environment".to_owned(), ..own.clone() }
    }
}
