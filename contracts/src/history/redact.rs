//! Redaction, which is the taint search: secrets and personal values are found in every encoding they may wear, and each
//! is replaced by a placeholder before anything is kept.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::search::{DEPTH, Hit};
use super::{Body, MessagePart, Placeholder, encoding};

/// How much of a body is kept.
const KEPT_BODY: usize = 64 * 1024;

/// One value that was found, and the encodings it wore, outermost first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
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
    /// Made when it is first needed, since values come to be known one by one.
    automaton: OnceLock<Option<AhoCorasick>>,
    shortest_fixed: Option<usize>,
    has_spaces: bool,
    /// Tokens made as we go: looked up whole, because rebuilding the automaton for each would cost more than the call.
    tokens: HashMap<String, String>,
    /// The lengths that tokens have, the longest first.
    token_lengths: Vec<usize>,
}

impl Redactor {
    /// Knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a value known that may stand anywhere inside a text. Empty values are ignored.
    pub fn know(&mut self, value: &str, label: &str) {
        self.know_all([(value, label)]);
    }

    /// Makes many values known at once, each with its label: the search is prepared anew only once.
    pub fn know_all<'v>(&mut self, values: impl IntoIterator<Item = (&'v str, &'v str)>) {
        for (value, label) in values {
            if !value.is_empty() && self.fixed.iter().all(|(known, _)| known != value) {
                self.fixed.push((value.to_owned(), label.to_owned()));
                self.has_spaces |= value.contains(' ');
            }
        }
        self.shortest_fixed = self.fixed.iter().map(|(known, _)| known.len()).min();
        self.automaton = OnceLock::new();
    }

    /// What finds every fixed value at once, if there is any.
    pub(super) fn automaton(&self) -> Option<&AhoCorasick> {
        let build = || {
            let builder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).to_owned();
            // Fails only for automata of gigabytes.
            builder.build(self.fixed.iter().map(|(known, _)| known)).ok()
        };
        self.automaton.get_or_init(|| if self.fixed.is_empty() { None } else { build() }).as_ref()
    }

    /// Makes a token known that was made just now: letters, digits, `.`, `_` and `-` only. An empty one is ignored.
    pub fn issue(&mut self, token: &str, label: &str) {
        if token.is_empty() {
            return;
        }
        if !self.token_lengths.contains(&token.len()) {
            self.token_lengths.push(token.len());
            self.token_lengths.sort_by_key(|length| Reverse(*length));
        }
        self.tokens.insert(token.to_owned(), label.to_owned());
    }

    /// The label of a value that is known as a whole.
    pub fn label(&self, value: &str) -> Option<&str> {
        let fixed = self.fixed.iter().find(|(known, _)| known == value).map(|(_, label)| label.as_str());
        fixed.or_else(|| self.token_label(value))
    }

    pub(super) fn fixed_label(&self, index: usize) -> &str {
        self.fixed.get(index).map_or("", |(_, label)| label)
    }

    pub(super) fn token_label(&self, token: &str) -> Option<&str> {
        self.tokens.get(token).map(String::as_str)
    }

    pub(super) fn token_lengths(&self) -> &[usize] {
        &self.token_lengths
    }

    pub(super) fn shortest_token(&self) -> usize {
        self.token_lengths.last().copied().unwrap_or(usize::MAX)
    }

    /// How long the shortest known value is: what is shorter can't hold any.
    pub(super) fn shortest(&self) -> usize {
        self.shortest_fixed.unwrap_or(usize::MAX).min(self.shortest_token())
    }

    /// True if some value has a space in it, which a form writes as a plus.
    pub(super) fn has_spaces(&self) -> bool {
        self.has_spaces
    }

    /// The text with every known value replaced by its placeholder, and what was found.
    pub fn text<'t>(&self, text: &'t str) -> (Cow<'t, str>, Vec<SearchHit>) {
        let mut hits = Vec::new();
        self.search(text.as_bytes(), DEPTH, &mut hits);
        if hits.is_empty() {
            return (Cow::Borrowed(text), Vec::new());
        }
        let hits = apart(hits);
        (Cow::Owned(replaced(text, &hits)), hits.into_iter().map(found).collect())
    }

    /// A header or URL, redacted, with its placeholders added to `placeholders`.
    pub fn part(
        &self,
        text: String,
        place: impl FnOnce() -> MessagePart,
        placeholders: &mut Vec<Placeholder>,
    ) -> String {
        let (Cow::Owned(redacted), found) = self.text(&text) else { return text };
        add_placeholders(found, &place(), placeholders);
        redacted
    }

    /// A body, redacted, with its placeholders added to `placeholders`. Nothing is kept of an empty body.
    pub fn body(&self, body: Vec<u8>, placeholders: &mut Vec<Placeholder>) -> Option<Body> {
        if body.is_empty() {
            return None;
        }
        let bytes = body.len();
        let unfolded = encoding::unfold(&body);
        let gzip = unfolded.is_some();
        let (plain, whole) = unfolded.unwrap_or((body, true));
        let (kept, base64) = match String::from_utf8(plain) {
            Ok(text) => (self.part(text, || MessagePart::Body, placeholders), false),
            Err(error) => {
                let (kept, found) = self.binary(error.as_bytes());
                add_placeholders(found, &MessagePart::Body, placeholders);
                (kept, true)
            }
        };
        let (kept, shortened) = shorten(kept);
        Some(Body { text: kept, bytes, gzip, base64, truncated: shortened || !whole })
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

    /// Bytes that are no text, as base64; if a known value stands among them, nothing but its placeholder is kept.
    fn binary(&self, bytes: &[u8]) -> (String, Vec<SearchHit>) {
        let mut hits = Vec::new();
        self.search(bytes, DEPTH, &mut hits);
        let found: Vec<SearchHit> = apart(hits).into_iter().map(found).collect();
        let kept = found.first().map(|first| format!("{}[binary]", first.label));
        (kept.unwrap_or_else(|| STANDARD.encode(bytes)), found)
    }
}

/// The hits in the order of the text, without those inside of others. Of two at one place the plainer is meant.
fn apart(mut hits: Vec<Hit<'_>>) -> Vec<Hit<'_>> {
    hits.sort_by_key(|hit| (hit.range.start, Reverse(hit.range.end), hit.encoding.len()));
    let mut end = 0;
    hits.retain(|hit| {
        let reaches_on = hit.range.end > end;
        end = end.max(hit.range.end);
        reaches_on
    });
    hits
}

/// The text with each hit replaced by its placeholder.
fn replaced(text: &str, hits: &[Hit<'_>]) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut from = 0;
    for hit in hits {
        // Two values in one run of base64 may share a character.
        let start = text.floor_char_boundary(hit.range.start).max(from);
        redacted.push_str(&text[from..start]);
        redacted.push_str(hit.label);
        for name in hit.encoding.iter().rev() {
            redacted.push('[');
            redacted.push_str(name);
            redacted.push(']');
        }
        from = text.ceil_char_boundary(hit.range.end);
    }
    redacted.push_str(&text[from..]);
    redacted
}

fn found(hit: Hit<'_>) -> SearchHit {
    SearchHit { label: hit.label.to_owned(), encoding: hit.encoding }
}

fn add_placeholders(found: Vec<SearchHit>, place: &MessagePart, placeholders: &mut Vec<Placeholder>) {
    placeholders.extend(found.into_iter().map(|one| Placeholder {
        label: one.label,
        place: place.clone(),
        encoding: one.encoding.into_iter().map(str::to_owned).collect(),
    }));
}

fn shorten(mut text: String) -> (String, bool) {
    if text.len() <= KEPT_BODY {
        return (text, false);
    }
    text.truncate(text.floor_char_boundary(KEPT_BODY));
    text.shrink_to_fit();
    (text, true)
}
