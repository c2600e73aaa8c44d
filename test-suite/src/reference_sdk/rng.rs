//! Random numbers, the same in every run with the same seed.

use std::hash::{DefaultHasher, Hash, Hasher};

use standin_contracts::protocol::Millis;

/// The random number at one place in a seed's sequence.
pub(super) fn draw(seed: u64, place: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, place).hash(&mut hasher);
    hasher.finish()
}

/// A seed derived from another seed and a name.
pub(super) fn derive(seed: u64, name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, name).hash(&mut hasher);
    hasher.finish()
}

/// A random length of time from zero up to `most`.
pub(super) fn up_to(most: Millis, drawn: u64) -> Millis {
    Millis::new(drawn % (most.get() + 1))
}

/// A random UUID (RFC 9562, version 4).
pub(super) fn uuid(first: u64, second: u64) -> String {
    let bits = u128::from(first) << 64 | u128::from(second);
    let [version, variant] = [0x4 << 76, 0x8 << 60];
    let bits = bits & !(0xf << 76) & !(0xc << 60) | version | variant;
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_a_number_of_its_own() {
        assert_ne!(draw(1, 0), draw(1, 1));
        assert_ne!(draw(1, 0), draw(2, 0));
        assert_eq!(draw(1, 7), draw(1, 7));
    }

    #[test]
    fn a_uuid_says_that_it_is_random() {
        assert_eq!(uuid(0, 0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u64::MAX, u64::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
