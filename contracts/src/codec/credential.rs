//! Credentials: made in the contract's format, and the claims read from those that have any.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value;

use super::values;
use crate::contract::{Contract, Leaf, Secrets, Shape, TokenFormat};
use crate::protocol::{CommandName, Field, Fields};

/// The fields that stand inside a credential.
pub type Claims = Fields;

impl Contract {
    /// Makes a credential from random bytes; a JWT's claims are filled from the fields, as the contract's schema says.
    pub fn mint(&self, random: [u8; 32], fields: &Fields, secrets: &Secrets) -> String {
        let format = self.facts.credential.format.value;
        let claims = match format {
            TokenFormat::JwtHs512 => self.claims_shape().and_then(|shape| values::write_new(shape, fields)),
            _ => None,
        };
        match claims {
            Some(claims) => sign(&claims, secrets).unwrap_or_else(|| format.make(random)),
            None => format.make(random),
        }
    }

    /// The claims inside a credential, unverified, as a client may look at them.
    pub fn claims(&self, credential: &str) -> Option<Claims> {
        let shape = self.claims_shape()?;
        let payload = URL_SAFE_NO_PAD.decode(credential.split('.').nth(1)?).ok()?;
        let value: Value = serde_json::from_slice(&payload).ok()?;
        let mut fields = Fields::new();
        values::read(shape, &value, &mut fields);
        Some(fields)
    }

    fn claims_shape(&self) -> Option<&Shape> {
        let issue = self.operation_for(CommandName::IssueCredential)?;
        let leaf: &Leaf = issue
            .responses
            .iter()
            .find_map(|case| case.media()?.shape.leaf(&Field::Credential))
            .filter(|leaf| leaf.claims.is_some())?;
        leaf.claims.as_deref()
    }
}

/// Signs with HMAC-SHA-512; the header names the algorithm and nothing else.
fn sign(claims: &Value, secrets: &Secrets) -> Option<String> {
    let header = Header { typ: None, ..Header::new(Algorithm::HS512) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(secrets.signing_key.as_bytes())).ok()
}
