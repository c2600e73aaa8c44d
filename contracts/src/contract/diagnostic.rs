//! Diagnostics of a file: each mistake, with its place and its correction.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// The most mistakes that are shown; the rest is only counted. A file with more is likely not a contract at all.
const MOST_SHOWN: usize = 50;

/// One mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The byte range of the mistake.
    pub span: Range<usize>,
    /// The mistake, as a sentence.
    pub message: String,
    /// The correction.
    pub help: String,
}

impl Diagnostic {
    /// A mistake at `span`.
    pub fn new(span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: help.into() }
    }
}

/// A file that was refused, with all its mistakes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidFile {
    /// The file's name as the user gave it.
    pub file: String,
    /// The file's text.
    pub text: String,
    /// The mistakes in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

impl InvalidFile {
    /// A refused file with these mistakes.
    pub fn new(file: &str, text: &str, mut diagnostics: Vec<Diagnostic>) -> Self {
        // A part that several operations refer to is walked for each of them, and its mistakes are reported once.
        diagnostics.sort_by(|a, b| (a.span.start, a.span.end, &a.message).cmp(&(b.span.start, b.span.end, &b.message)));
        diagnostics.dedup();
        Self { file: file.to_owned(), text: text.to_owned(), diagnostics }
    }

    /// Renders the mistakes with file, line, column and a caret at the place; in colour if `colour` is set.
    /// At most 50 are shown.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let shown = self.diagnostics.iter().take(MOST_SHOWN);
        let reports: Vec<String> = shown.map(|one| renderer.render(&[self.group(one)])).collect();
        let count = self.diagnostics.len();
        let mistakes = if count == 1 { "mistake" } else { "mistakes" };
        let rest = if count > MOST_SHOWN { format!("; the first {MOST_SHOWN} are shown") } else { String::new() };
        format!("{}\n\n{} has {count} {mistakes}{rest}", reports.join("\n\n"), self.file)
    }

    fn group<'g>(&'g self, one: &'g Diagnostic) -> Group<'g> {
        let Range { start, end } = self.first_line(&one.span);
        Level::ERROR
            .primary_title(one.message.as_str())
            .element(
                Snippet::source(self.text.as_str())
                    .path(self.file.as_str())
                    .annotation(AnnotationKind::Primary.span(start..end)),
            )
            .element(Level::HELP.message(one.help.as_str()))
    }
}

impl InvalidFile {
    /// The first line of a span: the caret points to a place, not to a block.
    fn first_line(&self, span: &Range<usize>) -> Range<usize> {
        let end = self.text.floor_char_boundary(span.end.min(self.text.len()));
        let start = self.text.floor_char_boundary(span.start.min(end));
        let line = self.text[start..end].lines().next().unwrap_or_default().trim_end();
        start..start + line.len()
    }
}

impl fmt::Display for InvalidFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for InvalidFile {}
