//! The encodings of values on the wire, decoded with the source position of each byte.

use std::borrow::Cow;
use std::io::Read;
use std::ops::Range;

/// The most bytes that are decompressed from a text. The rest is ignored.
const UNFOLDED: u64 = 4 * 1024 * 1024;

/// A decoded text. Bytes outside of escapes are unchanged.
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    /// The source position of each byte, followed by the length of the source.
    places: Vec<usize>,
}

impl View {
    /// Decodes with `escape`, which returns the decoded bytes and the length of an escape at the start of its input.
    fn new(bytes: &[u8], mut escape: impl FnMut(&[u8]) -> Option<(utf8::Bytes, usize)>) -> Self {
        let mut view = Self { bytes: Vec::with_capacity(bytes.len()), places: Vec::with_capacity(bytes.len() + 1) };
        let mut at = 0;
        while at < bytes.len() {
            let (decoded, length) = escape(&bytes[at..]).unwrap_or((utf8::Bytes::one(bytes[at]), 1));
            for byte in decoded.as_slice() {
                view.bytes.push(*byte);
                view.places.push(at);
            }
            at += length;
        }
        view.places.push(bytes.len());
        view
    }

    /// The range of the source that a range of the view came from.
    pub(super) fn source(&self, range: &Range<usize>) -> Range<usize> {
        self.places[range.start]..self.places[range.end]
    }
}

/// The bytes of one character.
mod utf8 {
    pub(super) struct Bytes([u8; 4], usize);

    impl Bytes {
        pub(super) fn one(byte: u8) -> Self {
            Self([byte, 0, 0, 0], 1)
        }

        pub(super) fn of(c: char) -> Self {
            let mut bytes = [0; 4];
            let length = c.encode_utf8(&mut bytes).len();
            Self(bytes, length)
        }

        pub(super) fn as_slice(&self) -> &[u8] {
            &self.0[..self.1]
        }
    }
}

/// Decodes percent-encoding (RFC 3986). In forms, a plus stands for a space.
pub(super) fn percent(bytes: &[u8], plus_is_space: bool) -> View {
    View::new(bytes, |rest| match rest {
        [b'%', high, low, ..] => Some((utf8::Bytes::one((hex(*high)? << 4) | hex(*low)?), 3)),
        [b'+', ..] if plus_is_space => Some((utf8::Bytes::one(b' '), 1)),
        _ => None,
    })
}

/// Decodes the escapes inside a JSON string (RFC 8259, section 7).
pub(super) fn json(bytes: &[u8]) -> View {
    View::new(bytes, |rest| {
        let [b'\\', kind, ..] = rest else { return None };
        let plain = match kind {
            b'"' | b'\\' | b'/' => *kind,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return unicode(rest),
            _ => return None,
        };
        Some((utf8::Bytes::one(plain), 2))
    })
}

/// Decodes one `\uXXXX`, or a pair of them for one character.
fn unicode(rest: &[u8]) -> Option<(utf8::Bytes, usize)> {
    let first = code_unit(rest)?;
    let pair = [first, rest.get(6..).and_then(code_unit).unwrap_or_default()];
    let c = char::decode_utf16(pair).next()?.ok()?;
    Some((utf8::Bytes::of(c), 6 * c.len_utf16()))
}

fn code_unit(rest: &[u8]) -> Option<u16> {
    let [b'\\', b'u', digits @ ..] = rest else { return None };
    digits.get(..4)?.iter().try_fold(0, |unit, digit| Some((unit << 4) | u16::from(hex(*digit)?)))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Whether a byte belongs to one of base64's two alphabets (RFC 4648, sections 4 and 5). Padding does not.
pub(super) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// Decodes base64 of either alphabet. Bits that are left over at the end are dropped.
pub(super) fn base64(group: &[u8], decoded: &mut Vec<u8>) {
    decoded.clear();
    for chars in group.chunks(4) {
        let bits = chars.iter().fold(0_u32, |bits, byte| (bits << 6) | u32::from(sextet(*byte)));
        let [_, bytes @ ..] = (bits << (6 * (4 - chars.len()))).to_be_bytes();
        decoded.extend_from_slice(&bytes[..chars.len() * 6 / 8]);
    }
}

fn sextet(byte: u8) -> u8 {
    match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        _ => 63,
    }
}

/// The range of base64 characters that hold any bit of a range of decoded bytes.
pub(super) fn base64_source(range: &Range<usize>) -> Range<usize> {
    let first = |byte: usize| byte / 3 * 4 + byte % 3;
    first(range.start)..range.end.checked_sub(1).map_or(0, |last| first(last) + 2)
}

/// Whether the bytes are UTF-8 without control characters other than whitespace.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(|c: char| c.is_control() && !c.is_whitespace()))
}

/// Decompresses a gzip body, and returns whether the result is complete. A body that was cut gives the text before
/// the cut. None if the body is no gzip, or if nothing could be decompressed.
pub(super) fn unfold(bytes: &[u8]) -> Option<(Vec<u8>, bool)> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return None;
    }
    let mut plain = Vec::new();
    let ended = flate2::read::MultiGzDecoder::new(bytes).take(UNFOLDED).read_to_end(&mut plain).is_ok();
    let whole = ended && (plain.len() as u64) < UNFOLDED;
    (ended || !plain.is_empty()).then_some((plain, whole))
}

/// The decompressed body if it is gzip; else the body itself.
pub fn unpacked(bytes: &[u8]) -> Cow<'_, [u8]> {
    unfold(bytes).map_or(Cow::Borrowed(bytes), |(plain, _)| Cow::Owned(plain))
}

/// The longest runs of bytes for which `belongs` holds.
pub(super) fn runs(bytes: &[u8], belongs: fn(u8) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|byte| belongs(*byte))?;
        at = bytes[start..].iter().position(|byte| !belongs(*byte)).map_or(bytes.len(), |offset| start + offset);
        Some(start..at)
    })
}
