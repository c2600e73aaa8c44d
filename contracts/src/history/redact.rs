//! Redaction and taint search in one: secrets and personal values are found in every supported encoding. Each is
//! replaced by a placeholder before anything is kept.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::search::{DEPTH, Hit};
use super::{Body, MessagePart, Placeholder, encoding};

/// The largest size of a body that is kept, in bytes.
const KEPT_BODY: usize = 64 * 1024;

/// One value that was found, with the encodings around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// The value's label.
    pub label: String,
    /// The encodings, outermost first.
    pub encoding: Vec<&'static str>,
}

/// The known secrets and personal values of one sandbox, with the search for them.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    /// Values that may stand anywhere in a text, with their labels. One automaton searches for all of them.
    fixed: Vec<(String, String)>,
    /// Built at first use, because values are added one by one.
    automaton: OnceLock<Option<AhoCorasick>>,
    shortest_fixed: Option<usize>,
    has_spaces: bool,
    /// Issued tokens, with their labels. They are looked up whole, because rebuilding the automaton for each would
    /// cost more than the call.
    tokens: HashMap<String, String>,
    /// The distinct lengths of the tokens, the longest first.
    token_lengths: Vec<usize>,
}

impl Redactor {
    /// A redactor that knows no values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value that may stand anywhere inside a text. Empty values are ignored.
    pub fn know(&mut self, value: &str, label: &str) {
        self.know_all([(value, label)]);
    }

    /// Adds many values at once, each with its label. The search is prepared again only once.
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

    /// The automaton that finds every fixed value at once. None if there are no fixed values.
    pub(super) fn automaton(&self) -> Option<&AhoCorasick> {
        let build = || {
            let builder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).to_owned();
            // Fails only for automata of gigabytes.
            builder.build(self.fixed.iter().map(|(known, _)| known)).ok()
        };
        self.automaton.get_or_init(|| if self.fixed.is_empty() { None } else { build() }).as_ref()
    }

    /// Adds a token that was just issued, of letters, digits, `.`, `_` and `-` only. An empty token is ignored.
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

    /// The label of a value. None if the whole text is not a known value.
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

    /// The length of the shortest known value, in bytes. A shorter text can't hold any value.
    pub(super) fn shortest(&self) -> usize {
        self.shortest_fixed.unwrap_or(usize::MAX).min(self.shortest_token())
    }

    /// Whether a value contains a space, which a form writes as a plus.
    pub(super) fn has_spaces(&self) -> bool {
        self.has_spaces
    }

    /// The text with every known value replaced by its placeholder, and the values that were found.
    pub fn text<'t>(&self, text: &'t str) -> (Cow<'t, str>, Vec<SearchHit>) {
        let mut hits = Vec::new();
        self.search(text.as_bytes(), DEPTH, &mut hits);
        if hits.is_empty() {
            return (Cow::Borrowed(text), Vec::new());
        }
        let hits = apart(hits);
        (Cow::Owned(replaced(text, &hits)), hits.into_iter().map(found).collect())
    }

    /// Redacts a header or URL, and adds its placeholders to `placeholders`.
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

    /// Redacts a body, and adds its placeholders to `placeholders`. None if the body is empty.
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

    /// Redacts every text in a JSON value.
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

    /// Redacts bytes that are no text: base64 of the bytes, or only a placeholder if they contain a known value.
    fn binary(&self, bytes: &[u8]) -> (String, Vec<SearchHit>) {
        let mut hits = Vec::new();
        self.search(bytes, DEPTH, &mut hits);
        let found: Vec<SearchHit> = apart(hits).into_iter().map(found).collect();
        let kept = found.first().map(|first| format!("{}[binary]", first.label));
        (kept.unwrap_or_else(|| STANDARD.encode(bytes)), found)
    }
}

/// The hits in the order of the text, without hits inside of other hits. Of two hits at one place, the one with fewer
/// encodings stays.
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
