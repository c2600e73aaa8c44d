//! The formats of tokens and ids. The caller supplies the random bytes that they are made from.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The format of a token or an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^(hex-[0-9]+|uuid|jwt-hs512)$"))]
pub enum TokenFormat {
    /// This number of lower-case hex digits.
    Hex(u16),
    /// A version 4 UUID.
    Uuid,
    /// A JSON Web Token signed with HMAC-SHA-512 (RFC 7519). The contract defines its claims.
    JwtHs512,
}

/// A text that is no token format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no token format: hex-64 (or another number of digits from 16 to 512), uuid, or jwt-hs512")]
pub struct BadTokenFormat(String);

/// The vendor's own secrets, for signing and for checking proofs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secrets {
    /// The key that signs the vendor's tokens.
    pub signing_key: String,
    /// The secret that a client backend proves to know (FinBox's server hash).
    pub server_hash: String,
    /// The constant that an SDK proves to have compiled in.
    pub sdk_constant: String,
}

impl Default for Secrets {
    /// The well-known values that a container uses without any configuration.
    fn default() -> Self {
        Self {
            signing_key: "standin-signing-key".to_owned(),
            server_hash: "standin-server-hash".to_owned(),
            sdk_constant: "standin-sdk-constant".to_owned(),
        }
    }
}

impl TokenFormat {
    /// Makes a token from random bytes. For a JWT, only a UUID: the claims come from the contract.
    pub fn make(self, random: [u8; 32]) -> String {
        match self {
            Self::Hex(digits) => hex(random, usize::from(digits)),
            Self::Uuid | Self::JwtHs512 => uuid(random),
        }
    }
}

/// The first `digits` hex digits of the bytes, extended by hashing if the bytes are too few.
fn hex(random: [u8; 32], digits: usize) -> String {
    let mut text = String::with_capacity(digits + 64);
    let mut block = random;
    loop {
        for byte in block {
            text.push(char::from(b"0123456789abcdef"[usize::from(byte >> 4)]));
            text.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
        }
        if text.len() >= digits {
            break;
        }
        block = Sha256::digest(block).into();
    }
    text.truncate(digits);
    text
}

/// A version 4 UUID (RFC 9562, section 5.4).
fn uuid(mut random: [u8; 32]) -> String {
    random[6] = (random[6] & 0x0f) | 0x40;
    random[8] = (random[8] & 0x3f) | 0x80;
    let digits = hex(random, 32);
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

impl fmt::Display for TokenFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hex(digits) => write!(f, "hex-{digits}"),
            Self::Uuid => f.write_str("uuid"),
            Self::JwtHs512 => f.write_str("jwt-hs512"),
        }
    }
}

impl FromStr for TokenFormat {
    type Err = BadTokenFormat;

    fn from_str(text: &str) -> Result<Self, BadTokenFormat> {
        let bad = || BadTokenFormat(text.to_owned());
        match text {
            "uuid" => Ok(Self::Uuid),
            "jwt-hs512" => Ok(Self::JwtHs512),
            _ => {
                let digits: u16 = text.strip_prefix("hex-").ok_or_else(bad)?.parse().map_err(|_| bad())?;
                // Fewer than 16 digits would collide.
                if (16..=512).contains(&digits) { Ok(Self::Hex(digits)) } else { Err(bad()) }
            }
        }
    }
}

impl TryFrom<String> for TokenFormat {
    type Error = BadTokenFormat;

    fn try_from(text: String) -> Result<Self, BadTokenFormat> {
        text.parse()
    }
}

impl From<TokenFormat> for String {
    fn from(format: TokenFormat) -> Self {
        format.to_string()
    }
}
