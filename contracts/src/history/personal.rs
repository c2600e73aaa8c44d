//! The texts that reveal a personal value: its usual spellings, and their plain hashes.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// A kind of personal value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personal {
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// A name.
    Name,
}

/// The fewest characters of a name that is evidence. A shorter name occurs in ordinary text by accident.
const TELLING_NAME: usize = 6;
/// The fewest digits of a phone number that is searched for as digits. Fewer digits occur in any number by accident.
const TELLING_NUMBER: usize = 7;

impl Personal {
    /// The texts by which the value is recognised, each with the kind of its label. The kind is `email` for a
    /// spelling of it, and `email_hash` for a plain MD5, SHA-1 or SHA-256 in hex or base64. A name of fewer than six
    /// characters is a `short_name`: it is kept out of histories, and proves nothing.
    pub fn traces(self, value: &str) -> Vec<(&'static str, String)> {
        let (plain, hash) = match self {
            Self::Email => ("email", "email_hash"),
            Self::Phone => ("phone", "phone_hash"),
            Self::Name if value.chars().count() < TELLING_NAME => return vec![("short_name", value.to_owned())],
            Self::Name => ("name", "name_hash"),
        };
        let spellings = self.spellings(value);
        let hashes: Vec<_> = spellings.iter().flat_map(|text| hashes(text)).map(|text| (hash, text)).collect();
        spellings.into_iter().map(|text| (plain, text)).chain(hashes).collect()
    }

    /// The value as given, and the value trimmed in lower case.
    /// A phone number also has spellings with and without its plus.
    fn spellings(self, value: &str) -> Vec<String> {
        let mut spellings = vec![value.to_owned(), value.trim().to_lowercase()];
        let digits: String = value.chars().filter(char::is_ascii_digit).collect();
        if self == Self::Phone && digits.len() >= TELLING_NUMBER {
            spellings.extend([format!("+{digits}"), digits]);
        }
        spellings.sort();
        spellings.dedup();
        spellings
    }
}

fn hashes(text: &str) -> Vec<String> {
    let digests = [Md5::digest(text).to_vec(), Sha1::digest(text).to_vec(), Sha256::digest(text).to_vec()];
    digests.iter().flat_map(|digest| written(digest)).collect()
}

/// The spellings of a digest. Base64 is without padding, so that it is found with padding and without.
fn written(digest: &[u8]) -> [String; 4] {
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    [hex.to_uppercase(), hex, STANDARD_NO_PAD.encode(digest), URL_SAFE_NO_PAD.encode(digest)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made of `alice@example.org` with md5sum, sha1sum, sha256sum and openssl.
    const HASHES: [&str; 4] = [
        "fbf7c6aec1d4280b7c2704c1c0478bd6",
        "45a6b241a242c97f0492d382c390dfa335aac986",
        "7a64adf28737ea90719cbdf0b1a87a5effff3753b79c91d717f4f4153ead0498",
        "emSt8oc36pBxnL3wsah6Xv//N1O3nJHXF/T0FT6tBJg",
    ];

    fn kind_of(personal: Personal, value: &str, text: &str) -> Option<&'static str> {
        personal.traces(value).into_iter().find(|(_, known)| known == text).map(|(kind, _)| kind)
    }

    #[test]
    fn an_address_is_known_as_given_and_in_lower_case() {
        let kind = |text| kind_of(Personal::Email, " Alice@Example.org", text);
        assert_eq!(kind(" Alice@Example.org"), Some("email"));
        assert_eq!(kind("alice@example.org"), Some("email"));
        assert_eq!(kind("bob@example.org"), None);
    }

    #[test]
    fn plain_hashes_are_known_in_hex_and_base64() {
        let kind = |text: &str| kind_of(Personal::Email, "alice@example.org", text);
        for hash in HASHES {
            assert_eq!(kind(hash), Some("email_hash"), "{hash}");
        }
        assert_eq!(kind(&HASHES[0].to_uppercase()), Some("email_hash"));
        assert_eq!(kind("emSt8oc36pBxnL3wsah6Xv__N1O3nJHXF_T0FT6tBJg"), Some("email_hash"));
    }

    #[test]
    fn a_phone_number_is_known_with_and_without_its_plus() {
        for text in ["+1 555 01-00", "+15550100", "15550100"] {
            assert_eq!(kind_of(Personal::Phone, "+1 555 01-00", text), Some("phone"), "{text}");
        }
        assert_eq!(
            kind_of(Personal::Phone, "+15550100", "15971dde2ad694826c38977de90dca7a673a1c11"),
            Some("phone_hash")
        );
        assert_eq!(kind_of(Personal::Phone, "110", "+110"), None);
    }

    #[test]
    fn a_short_name_is_only_kept_out() {
        assert_eq!(Personal::Name.traces("Alice"), [("short_name", "Alice".to_owned())]);
        assert_eq!(kind_of(Personal::Name, "Alice Example", "alice example"), Some("name"));
    }
}
