//! What is wrong with a file: where, what, and what would be right.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A file with more mistakes than these is of another kind altogether; the rest is counted.
const MOST_SHOWN: usize = 50;

/// One mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The bytes of the file that are wrong.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: String,
}

impl Diagnostic {
    /// One mistake.
    pub fn new(span: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: help.into() }
    }
}

/// A file that was refused, with all that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidFile {
    /// The file's name as the user gave it.
    pub file: String,
    /// Its text.
    pub text: String,
    /// The mistakes in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

impl InvalidFile {
    /// A file with these mistakes.
    pub fn new(file: &str, text: &str, mut diagnostics: Vec<Diagnostic>) -> Self {
        // A part that several operations refer to is walked for each of them, and its mistakes are told once.
        diagnostics.sort_by(|a, b| (a.span.start, a.span.end, &a.message).cmp(&(b.span.start, b.span.end, &b.message)));
        diagnostics.dedup();
        Self { file: file.to_owned(), text: text.to_owned(), diagnostics }
    }

    /// All mistakes with file, line, column and a caret under what is wrong; in colour if told so.
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
    /// A span without the lines after its first: the caret names a place, and a whole block is none.
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
