//! Redaction, which is the taint search: secrets and personal values are found in every encoding they may wear, and each
//! is replaced by a mark before anything is kept.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Body, Mark, Place};

/// How deep encodings are unwrapped: base64 of a percent-encoded value, and one more.
const DEPTH: usize = 3;
/// Shorter runs than this aren't tried as base64: they hold less than any key.
const SHORTEST_BASE64: usize = 8;
/// How much of a body is kept.
const KEPT_BODY: usize = 64 * 1024;
/// How much a compressed body may unfold to before the rest is ignored.
const UNFOLDED: u64 = 4 * 1024 * 1024;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, LENIENT);

/// One value that was found, and the encodings it wore, outermost first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The value's label.
    pub label: String,
    /// The encodings.
    pub encoding: Vec<&'static str>,
}

/// Knows the secrets and personal values of one sandbox.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    /// Values known from the start: one automaton over all of them.
    fixed: Vec<(String, String)>,
    automaton: Option<AhoCorasick>,
    /// Tokens made as we go: looked up whole, because rebuilding the automaton for each would cost more than the call.
    tokens: HashMap<String, String>,
}

impl Redactor {
    /// Knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a value known that may stand anywhere inside a text. Empty values are ignored.
    pub fn know(&mut self, value: &str, label: &str) {
        if value.is_empty() || self.fixed.iter().any(|(known, _)| known == value) {
            return;
        }
        self.fixed.push((value.to_owned(), label.to_owned()));
        // Fails only for automata of gigabytes.
        self.automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(self.fixed.iter().map(|(known, _)| known))
            .ok();
    }

    /// Makes a token known that was made just now: letters, digits, `.`, `_` and `-` only.
    pub fn issue(&mut self, token: &str, label: &str) {
        self.tokens.insert(token.to_owned(), label.to_owned());
    }

    /// The label of a value that is known as a whole.
    pub fn label(&self, value: &str) -> Option<&str> {
        let fixed = self.fixed.iter().find(|(known, _)| known == value).map(|(_, label)| label);
        fixed.or_else(|| self.tokens.get(value)).map(String::as_str)
    }

    /// The text with every known value replaced by its mark, and what was found.
    pub fn text<'t>(&self, text: &'t str) -> (Cow<'t, str>, Vec<Found>) {
        let mut found = Vec::new();
        let redacted = self.unwrap(text, DEPTH, &mut found);
        (redacted, found)
    }

    /// A header or URL, redacted, with its marks added to `marks`.
    pub fn part(&self, text: &str, place: &Place, marks: &mut Vec<Mark>) -> String {
        let (redacted, found) = self.text(text);
        add_marks(found, place, marks);
        redacted.into_owned()
    }

    /// A body, redacted, with its marks added to `marks`. Nothing is kept of an empty body.
    pub fn body(&self, bytes: &[u8], marks: &mut Vec<Mark>) -> Option<Body> {
        if bytes.is_empty() {
            return None;
        }
        let unfolded = unfold(bytes);
        let plain = unfolded.as_deref().unwrap_or(bytes);
        let (text, is_base64) = match std::str::from_utf8(plain) {
            Ok(text) => (Cow::Borrowed(text), false),
            Err(_) => (self.lossless(plain, marks), true),
        };
        let mut found = Vec::new();
        let redacted = self.unwrap(&text, DEPTH, &mut found);
        add_marks(found, &Place::Body, marks);
        let (text, truncated) = shorten(redacted.into_owned());
        Some(Body { text, bytes: bytes.len(), gzip: unfolded.is_some(), base64: is_base64, truncated })
    }

    /// A JSON value with every text in it redacted.
    pub fn json(&self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => {
                if let Cow::Owned(redacted) = self.text(text).0 {
                    *text = redacted;
                }
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            serde_json::Value::Object(members) => members.values_mut().for_each(|member| self.json(member)),
            _ => {}
        }
    }

    /// Bytes that are no text, as base64; if a known value stands among them, nothing but its mark is kept.
    fn lossless(&self, bytes: &[u8], marks: &mut Vec<Mark>) -> Cow<'static, str> {
        let readable = String::from_utf8_lossy(bytes);
        let (_, found) = self.text(&readable);
        if let Some(first) = found.first() {
            let kept = format!("{}[binary]", first.label);
            add_marks(found, &Place::Body, marks);
            return Cow::Owned(kept);
        }
        Cow::Owned(base64::engine::general_purpose::STANDARD.encode(bytes))
    }

    fn unwrap<'t>(&self, text: &'t str, depth: usize, found: &mut Vec<Found>) -> Cow<'t, str> {
        let mut text = self.plain(text, found);
        if depth == 0 {
            return text;
        }
        if text.contains('%') {
            text = self.encoded(text, found, depth, "percent", is_percent_run, percent_decoded);
        }
        if text.contains('\\') {
            text = self.encoded(text, found, depth, "json", |c| c != '"', json_unescaped);
        }
        self.encoded(text, found, depth, "base64", is_base64_run, base64_decoded)
    }

    /// Replaces the values that stand there as they are.
    fn plain<'t>(&self, text: &'t str, found: &mut Vec<Found>) -> Cow<'t, str> {
        let fixed = self.fixed_values(text, found);
        self.issued_tokens(fixed, found)
    }

    fn fixed_values<'t>(&self, text: &'t str, found: &mut Vec<Found>) -> Cow<'t, str> {
        let Some(automaton) = &self.automaton else { return Cow::Borrowed(text) };
        let mut redacted = String::new();
        let mut from = 0;
        for hit in automaton.find_iter(text) {
            let label = &self.fixed[hit.pattern().as_usize()].1;
            redacted.push_str(&text[from..hit.start()]);
            redacted.push_str(label);
            from = hit.end();
            found.push(Found { label: label.clone(), encoding: Vec::new() });
        }
        if from == 0 {
            return Cow::Borrowed(text);
        }
        redacted.push_str(&text[from..]);
        Cow::Owned(redacted)
    }

    fn issued_tokens<'t>(&self, text: Cow<'t, str>, found: &mut Vec<Found>) -> Cow<'t, str> {
        if self.tokens.is_empty() {
            return text;
        }
        replace_runs(text, is_token, |run| {
            let label = self.tokens.get(run)?;
            found.push(Found { label: label.clone(), encoding: Vec::new() });
            Some(label.clone())
        })
    }

    /// Replaces each run of characters that decodes to a text with a known value in it.
    fn encoded<'t>(
        &self,
        text: Cow<'t, str>,
        found: &mut Vec<Found>,
        depth: usize,
        name: &'static str,
        belongs: fn(char) -> bool,
        decode: fn(&str) -> Option<String>,
    ) -> Cow<'t, str> {
        replace_runs(text, belongs, |run| {
            let decoded = decode(run)?;
            let mut inner = Vec::new();
            let redacted = self.unwrap(&decoded, depth - 1, &mut inner);
            if inner.is_empty() {
                return None;
            }
            for one in &mut inner {
                one.encoding.insert(0, name);
            }
            let kept = format!("{}[{name}]", redacted.chars().filter(|c| !c.is_control()).collect::<String>());
            found.append(&mut inner);
            Some(kept)
        })
    }
}

/// Replaces the runs of characters for which `replacement` has one.
fn replace_runs(
    text: Cow<'_, str>,
    belongs: fn(char) -> bool,
    mut replacement: impl FnMut(&str) -> Option<String>,
) -> Cow<'_, str> {
    let mut redacted = String::new();
    let mut kept_until = 0;
    let mut at = 0;
    while let Some(start) = text[at..].find(belongs).map(|offset| at + offset) {
        let end = text[start..].find(|c| !belongs(c)).map_or(text.len(), |offset| start + offset);
        if let Some(new) = replacement(&text[start..end]) {
            redacted.push_str(&text[kept_until..start]);
            redacted.push_str(&new);
            kept_until = end;
        }
        at = end;
    }
    if kept_until == 0 {
        return text;
    }
    redacted.push_str(&text[kept_until..]);
    Cow::Owned(redacted)
}

fn add_marks(found: Vec<Found>, place: &Place, marks: &mut Vec<Mark>) {
    marks.extend(found.into_iter().map(|one| Mark {
        label: one.label,
        place: place.clone(),
        encoding: one.encoding.into_iter().map(str::to_owned).collect(),
    }));
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

fn is_percent_run(c: char) -> bool {
    !matches!(c, '&' | '?' | '=' | ' ' | '"' | '\n' | '\r')
}

fn is_base64_run(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_' | '=')
}

fn percent_decoded(run: &str) -> Option<String> {
    if !run.contains('%') {
        return None;
    }
    Some(percent_encoding::percent_decode_str(run).decode_utf8().ok()?.into_owned())
}

fn json_unescaped(run: &str) -> Option<String> {
    if !run.contains('\\') {
        return None;
    }
    serde_json::from_str(&format!("\"{run}\"")).ok()
}

fn base64_decoded(run: &str) -> Option<String> {
    if run.len() < SHORTEST_BASE64 {
        return None;
    }
    let bytes = STANDARD.decode(run).or_else(|_| URL_SAFE.decode(run)).ok()?;
    String::from_utf8(bytes).ok()
}

/// What a gzip body holds, if it is one.
fn unfold(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return None;
    }
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).take(UNFOLDED).read_to_end(&mut plain).ok()?;
    Some(plain)
}

fn shorten(mut text: String) -> (String, bool) {
    if text.len() <= KEPT_BODY {
        return (text, false);
    }
    text.truncate(text.floor_char_boundary(KEPT_BODY));
    (text, true)
}
