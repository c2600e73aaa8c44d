//! Numbers derived from a seed and some names. They are the same on every machine and in every version.

/// FNV-1a over the parts, then the finaliser of SplitMix64, so that similar inputs give very different numbers.
pub(crate) fn mix(parts: &[&[u8]]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in parts.iter().copied().flatten() {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// A seed for one named part of the randomness that a larger seed controls.
pub(crate) fn derive(seed: u64, name: &str) -> u64 {
    mix(&[&seed.to_le_bytes(), name.as_bytes()])
}
