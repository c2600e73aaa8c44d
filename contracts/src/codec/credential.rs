//! Credentials: made in the contract's format, and read back as claims if the format has claims.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value;

use super::values;
use crate::contract::{Contract, Leaf, Secrets, Shape, TokenFormat};
use crate::protocol::{CommandName, Field, Fields};

/// The fields inside a credential.
pub type Claims = Fields;

impl Contract {
    /// Makes a credential from random bytes. The claims of a JWT are filled from the fields, by the contract's schema.
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

    /// The claims inside a credential, as a client can read them: the signature is not verified.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::builtin;
    use crate::protocol::Timestamp;

    /// The header and the claims of the token in the vendor's own documents, with a signature by Python's `hmac`. The
    /// key is `standin-signing-key`.
    const TOKEN: [&str; 3] = [
        "eyJhbGciOiJIUzUxMiJ9",
        "eyJqdGkiOiJjY2Y0MWNkYy1kNWY1LTRlMTEtYWNlOC0zMjY5NzIyMzk3ZmUiLCJzdWIiOiJsdWtlMSIsImF1dGgiOlsiUk9MRV9VU0VSIl0sInR5cGUi\
         OiJhY2Nlc3MiLCJleHAiOjE1NTE4ODk4MTh9",
        "ZOL0TFobsH8ems7cgJ_Bhs7ERC2Ly4_s6nlPBDY8CRqmfwRr19QhQwqGm5ZCO0VzNi2bE_D7OpiO1P6bIzPi1g",
    ];

    fn contract(vendor: &str) -> Contract {
        builtin(vendor).expect("it ships").expect("it loads")
    }

    fn claims() -> Fields {
        let mut fields = Fields::new();
        fields.set(Field::CredentialId, "ccf41cdc-d5f5-4e11-ace8-3269722397fe");
        fields.set(Field::ExternalId, "luke1");
        fields.set(Field::ExpiresAt, Timestamp::from_millis(1_551_889_818_000));
        fields
    }

    #[test]
    fn a_signed_token_is_that_of_the_vendors_documents_but_for_the_key() {
        let contract = contract("techcentrix");
        let token = contract.mint([7; 32], &claims(), &Secrets::default());
        assert_eq!(token, TOKEN.join("."));
        assert_eq!(contract.claims(&token), Some(claims()));
    }

    #[test]
    fn an_opaque_code_is_made_of_random_bytes_and_has_no_claims() {
        let contract = contract("sentiance");
        let [one, other] = [7, 8].map(|byte| contract.mint([byte; 32], &claims(), &Secrets::default()));
        assert_ne!(one, other);
        assert!(one.len() >= 16 && one.bytes().all(|byte| byte.is_ascii_hexdigit()), "{one}");
        assert_eq!(contract.claims(&one), None);
    }
}
