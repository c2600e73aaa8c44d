//! Proofs that a sender knows a secret. They are the only part of a vendor that needs code of its own.
//!
//! A contract names the algorithm by the `format` of the schema node that carries the proof.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha2::{Digest, Sha256};

use super::Secrets;
use crate::protocol::{ProofState, Timestamp};

/// An algorithm that makes and checks proofs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// FinBox, client backend: base64 of SHA-256 over the upper-case hex MD5 of the customer id and the server hash.
    /// Source: docs.finbox.in, DeviceConnect salt-generation.
    FinboxServerSalt,
    /// FinBox, SDK: the two halves of the Unix time around a hash of customer id, compiled-in constant and time.
    /// Source: github.com/finbox-in/device-connect-ios-sdk, AuthClient.swift (inferred).
    FinboxSdkSalt,
    /// FinBox, SDK with a session: base64 of SHA-256 over the hex MD5 of token and compiled-in constant, and that
    /// constant.
    /// Source: github.com/finbox-in/device-connect-ios-sdk (inferred). There, the constant differs from that of the
    /// salt.
    FinboxSessionHash,
}

/// The value that a proof is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The client company's own id of the user.
    User,
    /// The session token that the request carries.
    Session,
}

/// A name that is no known proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no proof that is known")]
pub struct UnknownProof(pub String);

impl Proof {
    /// Every proof, with its name in a contract.
    pub const ALL: &[(&'static str, Self)] = &[
        ("finbox-server-salt", Self::FinboxServerSalt),
        ("finbox-sdk-salt", Self::FinboxSdkSalt),
        ("finbox-session-hash", Self::FinboxSessionHash),
    ];

    /// Whether a client backend makes the proof with the server hash.
    pub const fn uses_server_hash(self) -> bool {
        matches!(self, Self::FinboxServerSalt)
    }

    /// The value that the proof is bound to.
    pub const fn subject(self) -> Subject {
        match self {
            Self::FinboxServerSalt | Self::FinboxSdkSalt => Subject::User,
            Self::FinboxSessionHash => Subject::Session,
        }
    }

    /// Makes a proof that is bound to `subject`.
    pub fn make(self, secrets: &Secrets, subject: &str, now: Timestamp) -> String {
        match self {
            Self::FinboxServerSalt => server_salt(&secrets.server_hash, subject),
            Self::FinboxSdkSalt => sdk_salt(&secrets.sdk_constant, subject, &now.as_seconds().to_string(), ['A', 'z']),
            Self::FinboxSessionHash => session_hash(&secrets.sdk_constant, subject),
        }
    }

    /// Checks the proof that was sent against `subject`.
    pub fn check(self, secrets: &Secrets, subject: &str, sent: Option<&str>) -> ProofState {
        let Some(sent) = sent.filter(|sent| !sent.is_empty()) else { return ProofState::Absent };
        let good = match self {
            Self::FinboxServerSalt => sent == server_salt(&secrets.server_hash, subject),
            Self::FinboxSdkSalt => sdk_salt_is_good(&secrets.sdk_constant, subject, sent).unwrap_or(false),
            Self::FinboxSessionHash => sent == session_hash(&secrets.sdk_constant, subject),
        };
        if good { ProofState::Valid } else { ProofState::Invalid }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(_, proof)| proof == self).map_or("?", |(name, _)| name))
    }
}

impl FromStr for Proof {
    type Err = UnknownProof;

    fn from_str(name: &str) -> Result<Self, UnknownProof> {
        let known = Self::ALL.iter().find(|(known, _)| *known == name);
        known.map(|(_, proof)| *proof).ok_or_else(|| UnknownProof(name.to_owned()))
    }
}

fn server_salt(server_hash: &str, customer: &str) -> String {
    let digest = upper_hex(&Md5::digest(customer));
    STANDARD.encode(Sha256::digest(format!("{digest}{server_hash}")))
}

fn session_hash(constant: &str, token: &str) -> String {
    let digest = upper_hex(&Md5::digest(format!("{token}{constant}"))).to_ascii_lowercase();
    STANDARD.encode(Sha256::digest(format!("{digest}{constant}")))
}

fn upper_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02X}"))
}

/// The SDK's salt for the Unix time `seconds`, with two filler characters that are no digits.
fn sdk_salt(constant: &str, customer: &str, seconds: &str, fillers: [char; 2]) -> String {
    let (first, second) = seconds.split_at(seconds.len() / 2);
    let hash = STANDARD.encode(Sha256::digest(format!("{customer}{constant}{seconds}")));
    // The sender controls these digits. A product too large for any time matches no valid proof.
    let (first, second_number) = (number(first).saturating_mul(3), number(second).saturating_mul(7));
    let zeros = "0".repeat(second.len() - second.trim_start_matches('0').len());
    format!("{first}{}{hash}{}{zeros}{second_number}", fillers[0], fillers[1])
}

fn number(digits: &str) -> u64 {
    digits.parse().unwrap_or(0)
}

/// The length of a SHA-256 digest in base64.
const HASH_LENGTH: usize = 44;

/// Checks a salt: recovers its time, and compares the salt with the one made for that time.
fn sdk_salt_is_good(constant: &str, customer: &str, sent: &str) -> Option<bool> {
    let digits = sent.find(|c: char| !c.is_ascii_digit())?;
    let first: u64 = sent[..digits].parse().ok()?;
    let mut rest = sent[digits..].chars();
    let opening = rest.next()?;
    let rest = rest.as_str();
    let tail = rest.get(HASH_LENGTH..)?;
    let closing = tail.chars().next()?;
    let tail = &tail[closing.len_utf8()..];
    let second: u64 = tail.parse().ok()?;
    let zeros = tail.len() - tail.trim_start_matches('0').len();
    let value = (second / 7).to_string();
    // A half of zeros only is written with one zero more: the number itself.
    let second = if second == 0 { "0".repeat(zeros.checked_sub(1)?) } else { "0".repeat(zeros) + &value };
    let seconds = format!("{}{second}", first / 3);
    Some(sdk_salt(constant, customer, &seconds, [opening, closing]) == sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        Secrets {
            server_hash: "5f8cd80c69a34b9785dc66298eabe95b".to_owned(),
            sdk_constant: "mock-sdk-constant".to_owned(),
            ..Secrets::default()
        }
    }

    #[test]
    fn the_documented_server_salt_comes_out() {
        let customer = "82169C6312B50CA8233482169F9F288F812B5C02114A6A74E9A62";
        let salt = Proof::FinboxServerSalt.make(&secrets(), customer, Timestamp::from_millis(0));
        assert_eq!(salt, "Ki4WO2bbzYOL1tEi4XA46Q8rpcC2yilTZMhOGXRsqOQ=");
        assert_eq!(Proof::FinboxServerSalt.check(&secrets(), customer, Some(&salt)), ProofState::Valid);
        assert_eq!(Proof::FinboxServerSalt.check(&secrets(), "other", Some(&salt)), ProofState::Invalid);
        assert_eq!(Proof::FinboxServerSalt.check(&secrets(), customer, None), ProofState::Absent);
    }

    #[test]
    fn the_sdk_salt_of_a_known_moment_comes_out() {
        let salt = sdk_salt("mock-sdk-constant", "CUST1", "1723600123", ['A', 'z']);
        assert_eq!(salt, "51708AJKJzznWZSaSrcp8eZT7EqJKnArrMf53fwN+S8WjXQ1M=z00861");
    }

    #[test]
    fn every_sdk_salt_is_good_for_its_own_customer_only() {
        for seconds in [1_723_600_123, 1_723_600_000, 1_700_000_000, 1_799_999_999] {
            let salt = Proof::FinboxSdkSalt.make(&secrets(), "CUST1", Timestamp::from_millis(seconds * 1000));
            assert_eq!(Proof::FinboxSdkSalt.check(&secrets(), "CUST1", Some(&salt)), ProofState::Valid, "{salt}");
            assert_eq!(Proof::FinboxSdkSalt.check(&secrets(), "CUST2", Some(&salt)), ProofState::Invalid, "{salt}");
        }
    }

    #[test]
    fn the_session_hash_of_a_known_token_comes_out() {
        let secrets = Secrets { sdk_constant: "mock-hash-constant".to_owned(), ..Secrets::default() };
        let proof = Proof::FinboxSessionHash;
        let hash = proof.make(&secrets, "access-token-1", Timestamp::from_millis(0));
        assert_eq!(hash, "1ppfH+0U63pqKDIwqYNITVg0w3LFlETcLEtKeWv9hdY=");
        assert_eq!(proof.check(&secrets, "access-token-1", Some(&hash)), ProofState::Valid);
        assert_eq!(proof.check(&secrets, "access-token-2", Some(&hash)), ProofState::Invalid);
    }

    #[test]
    fn digits_too_large_for_any_time_prove_nothing() {
        let hash = "h".repeat(HASH_LENGTH);
        let sent = format!("18446744073709551613A{hash}z6999999999999999993");
        assert_eq!(Proof::FinboxSdkSalt.check(&secrets(), "CUST1", Some(&sent)), ProofState::Invalid);
    }

    #[test]
    fn nonsense_proves_nothing() {
        for sent in ["x", "123", "1é", "99999999999999999999999x", "é", "1A"] {
            assert_eq!(Proof::FinboxSdkSalt.check(&secrets(), "CUST1", Some(sent)), ProofState::Invalid, "{sent}");
        }
    }
}
