//! The search for known values in a text, inside any nesting of encodings.
//!
//! Each possible encoding is decoded into a view, which has the source position of each of its bytes. A value that is
//! found in the view is thereby located in the text, to the byte. Nothing around it is changed.

use std::ops::Range;

use super::Redactor;
use super::encoding::{self, View};

/// A known value, with its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit<'r> {
    pub(super) range: Range<usize>,
    pub(super) label: &'r str,
    /// The encodings around it, outermost first.
    pub(super) encoding: Vec<&'static str>,
}

/// The deepest nesting of encodings that is searched: base64 of a percent-encoded value, and one level more.
pub(super) const DEPTH: usize = 3;
/// The fewest bytes of a value that counts inside bytes that are no text. Shorter values occur there by accident.
const SHORT: usize = 8;

impl Redactor {
    /// Adds every known value in the bytes to `hits`, in any order.
    pub(super) fn search<'r>(&'r self, bytes: &[u8], depth: usize, hits: &mut Vec<Hit<'r>>) {
        // Fewer bytes can't hold a known value.
        if bytes.len() < self.shortest() {
            return;
        }
        self.fixed_values(bytes, hits);
        self.issued_tokens(bytes, hits);
        if depth == 0 {
            return;
        }
        if bytes.contains(&b'%') {
            self.search_view("percent", &encoding::percent(bytes, false), depth, hits);
        }
        if self.has_spaces() && bytes.contains(&b'+') {
            self.search_view("percent", &encoding::percent(bytes, true), depth, hits);
        }
        if bytes.contains(&b'\\') {
            self.search_view("json", &encoding::json(bytes), depth, hits);
        }
        self.search_base64(bytes, depth, hits);
        if let Some((plain, _)) = encoding::unfold(bytes) {
            let mut inner = Vec::new();
            self.search(&plain, depth - 1, &mut inner);
            hits.extend(inner.into_iter().map(|hit| hit.within("gzip", 0..bytes.len())));
        }
    }

    fn fixed_values<'r>(&'r self, bytes: &[u8], hits: &mut Vec<Hit<'r>>) {
        let Some(automaton) = self.automaton() else { return };
        hits.extend(automaton.find_iter(bytes).map(|found| Hit {
            range: found.range(),
            label: self.fixed_label(found.pattern().as_usize()),
            encoding: Vec::new(),
        }));
    }

    /// Searches for issued tokens. A token is found as a whole only: between characters that no token has, or that
    /// may join two tokens.
    fn issued_tokens<'r>(&'r self, bytes: &[u8], hits: &mut Vec<Hit<'r>>) {
        for run in encoding::runs(bytes, is_token).filter(|run| run.len() >= self.shortest_token()) {
            let Ok(text) = std::str::from_utf8(&bytes[run.clone()]) else { continue };
            let mut start = 0;
            loop {
                let found = self.token_lengths().iter().find_map(|length| {
                    let end = start + length;
                    let ends = end == text.len() || text.as_bytes().get(end).copied().is_some_and(joins);
                    let label = ends.then(|| self.token_label(&text[start..end]))??;
                    Some((end, label))
                });
                if let Some((end, label)) = found {
                    hits.push(Hit { range: run.start + start..run.start + end, label, encoding: Vec::new() });
                    start = end;
                }
                let Some(next) = text[start..].bytes().position(joins) else { break };
                start += next + 1;
            }
        }
    }

    fn search_view<'r>(&'r self, name: &'static str, view: &View, depth: usize, hits: &mut Vec<Hit<'r>>) {
        let mut inner = Vec::new();
        self.search(&view.bytes, depth - 1, &mut inner);
        hits.extend(inner.into_iter().map(|hit| {
            let range = view.source(&hit.range);
            hit.within(name, range)
        }));
    }

    /// Searches for values in base64. A path or a name may touch the base64, so its start within a run is unknown.
    /// Each of the four ways to cut a run into groups is tried, and each part between slashes by itself.
    fn search_base64<'r>(&'r self, bytes: &[u8], depth: usize, hits: &mut Vec<Hit<'r>>) {
        let least = (self.shortest() * 4).div_ceil(3);
        let mut decoded = Vec::new();
        for run in encoding::runs(bytes, encoding::is_base64).filter(|run| run.len() >= least) {
            for offset in 0..4.min(run.len()) {
                self.search_group(bytes, run.start + offset..run.end, depth, &mut decoded, hits);
            }
            let parts = encoding::runs(&bytes[run.clone()], |byte| byte != b'/');
            for part in parts.filter(|part| part.len() >= least && part.len() < run.len()) {
                self.search_group(bytes, run.start + part.start..run.start + part.end, depth, &mut decoded, hits);
            }
        }
    }

    fn search_group<'r>(
        &'r self,
        bytes: &[u8],
        group: Range<usize>,
        depth: usize,
        decoded: &mut Vec<u8>,
        hits: &mut Vec<Hit<'r>>,
    ) {
        encoding::base64(&bytes[group.clone()], decoded);
        let known = hits.len();
        self.search(decoded, depth - 1, hits);
        if known == hits.len() {
            return;
        }
        let is_text = encoding::is_text(decoded);
        let inner: Vec<Hit<'r>> = hits.drain(known..).filter(|hit| is_text || hit.range.len() >= SHORT).collect();
        hits.extend(inner.into_iter().map(|hit| {
            let chars = encoding::base64_source(&hit.range);
            let mut end = group.start + chars.end;
            while bytes.get(end) == Some(&b'=') {
                end += 1;
            }
            hit.within("base64", group.start + chars.start..end)
        }));
    }
}

impl Hit<'_> {
    /// The hit inside one more encoding, at a range of the outer text.
    fn within(mut self, name: &'static str, range: Range<usize>) -> Self {
        self.encoding.insert(0, name);
        Self { range, ..self }
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || joins(byte)
}

/// Whether a byte may stand in a token, and also between a token and other text.
fn joins(byte: u8) -> bool {
    matches!(byte, b'.' | b'_' | b'-')
}
