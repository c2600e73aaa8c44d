//! YAML as a tree in which every node has its byte range.

use std::collections::HashSet;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use serde_json::{Map, Number, Value};

use super::Diagnostic;

/// A node of a document, with its byte range.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) value: Yaml,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Yaml {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key of a map, with its byte range.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    pub(crate) span: Range<usize>,
    pub(crate) text: String,
}

/// The deepest nesting that is read. Deeper documents are refused.
const DEEPEST: usize = 100;

impl Node {
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.members().iter().find(|(known, _)| known.text == key).map(|(_, node)| node)
    }

    pub(crate) fn members(&self) -> &[(Key, Self)] {
        match &self.value {
            Yaml::Map(members) => members,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            Yaml::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Yaml::Scalar(value) => value.as_str(),
            _ => None,
        }
    }

    pub(crate) fn is_true(&self) -> bool {
        self.value == Yaml::Scalar(Value::Bool(true))
    }

    pub(crate) fn key(&self, key: &str) -> Option<&Key> {
        self.members().iter().find(|(known, _)| known.text == key).map(|(key, _)| key)
    }

    /// The node at a path of keys and indexes, as far as the path leads.
    pub(crate) fn at(&self, path: &serde_path_to_error::Path) -> &Self {
        use serde_path_to_error::Segment;
        path.iter().fold(self, |node, segment| {
            match segment {
                Segment::Seq { index } => node.items().get(*index),
                Segment::Map { key } | Segment::Enum { variant: key } => node.get(key),
                Segment::Unknown => None,
            }
            .unwrap_or(node)
        })
    }

    pub(crate) fn to_json(&self) -> Value {
        match &self.value {
            Yaml::Scalar(value) => value.clone(),
            Yaml::List(items) => items.iter().map(Self::to_json).collect(),
            Yaml::Map(members) => {
                members.iter().map(|(key, node)| (key.text.clone(), node.to_json())).collect::<Map<_, _>>().into()
            }
        }
    }
}

pub(crate) fn parse(text: &str) -> Result<Node, Vec<Diagnostic>> {
    let places: Vec<usize> = text.char_indices().map(|(byte, _)| byte).chain([text.len()]).collect();
    let mut reader = Reader { events: Parser::new_from_str(text), places, text, found: Vec::new() };
    match reader.document() {
        Ok(node) if reader.found.is_empty() => Ok(node),
        Ok(_) => Err(reader.found),
        Err(fatal) => {
            reader.found.push(fatal);
            Err(reader.found)
        }
    }
}

struct Reader<'t> {
    events: Parser<'t, saphyr_parser::StrInput<'t>>,
    /// The byte at which each character begins: the parser counts characters.
    places: Vec<usize>,
    text: &'t str,
    found: Vec<Diagnostic>,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<Node, Diagnostic> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) => {}
                Event::StreamEnd | Event::DocumentEnd => {
                    return Err(Diagnostic::new(0..0, "the file holds no document", "begin with `openapi: 3.1.0`"));
                }
                event => {
                    let node = self.node(event, span, 0)?;
                    self.nothing_follows()?;
                    return Ok(node);
                }
            }
        }
    }

    /// Reads to the end of the file: a mistake after the document counts, and a second document would go unread.
    fn nothing_follows(&mut self) -> Result<(), Diagnostic> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(()),
                Event::DocumentStart(_) => {
                    let help = "a contract is one document: remove the `---` and what follows";
                    return Err(Diagnostic::new(span, "a second document begins here", help));
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Range<usize>), Diagnostic> {
        match self.events.next() {
            Some(Ok((event, span))) => Ok((event, self.bytes(span))),
            Some(Err(error)) => {
                let at = self.byte(error.marker().index());
                let help = "mend the YAML; a linter such as yamllint shows the same place";
                Err(Diagnostic::new(at..at, format!("this is no YAML: {}", error.info()), help))
            }
            None => Ok((Event::StreamEnd, self.text.len()..self.text.len())),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Range<usize>, depth: usize) -> Result<Node, Diagnostic> {
        if depth > DEEPEST {
            return Err(Diagnostic::new(span, "the document is nested too deeply", "at most 100 levels are read"));
        }
        self.no_tag(&event, &span);
        match event {
            Event::Scalar(text, style, ..) => Ok(Node { value: Yaml::Scalar(scalar(&text, style)), span }),
            Event::SequenceStart(..) => self.list(span.start, depth),
            Event::MappingStart(..) => self.map(span.start, depth),
            _ => Err(Diagnostic::new(span, "YAML aliases are not read", "write the part out, or use `$ref`")),
        }
    }

    /// Refuses tags. A tag changes the type of a value, and no value of a contract needs one.
    fn no_tag(&mut self, event: &Event<'t>, span: &Range<usize>) {
        let (Event::Scalar(.., Some(tag)) | Event::SequenceStart(_, Some(tag)) | Event::MappingStart(_, Some(tag))) =
            event
        else {
            return;
        };
        let span = self.tag_before(span, tag);
        self.found.push(Diagnostic::new(
            span,
            "YAML tags are not read",
            "remove the tag; quote the value if it is a text",
        ));
    }

    /// The byte range of the tag before a value on the same line; that of the value if no tag is found.
    fn tag_before(&self, value: &Range<usize>, tag: &Tag) -> Range<usize> {
        let before = &self.text[..value.start];
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        before[line..].rfind('!').map_or(value.clone(), |at| {
            let bang = line + at;
            let start = if bang > line && before.as_bytes()[bang - 1] == b'!' { bang - 1 } else { bang };
            start..(bang + 1 + tag.suffix.len()).min(value.start)
        })
    }

    fn list(&mut self, start: usize, depth: usize) -> Result<Node, Diagnostic> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                let end = self.end(start, items.last().map(|last: &Node| &last.span), &span);
                return Ok(Node { span: start..end, value: Yaml::List(items) });
            }
            items.push(self.node(event, span, depth + 1)?);
        }
    }

    fn map(&mut self, start: usize, depth: usize) -> Result<Node, Diagnostic> {
        let mut members: Vec<(Key, Node)> = Vec::new();
        let mut seen = HashSet::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                let end = self.end(start, members.last().map(|(_, last)| &last.span), &span);
                return Ok(Node { span: start..end, value: Yaml::Map(members) });
            }
            let Event::Scalar(text, ..) = event else {
                return Err(Diagnostic::new(span, "a key must be a plain word", "write `key: value`"));
            };
            let key = Key { span, text: text.into_owned() };
            if !seen.insert(key.text.clone()) {
                let message = format!("the key `{}` stands here twice", key.text);
                self.found.push(Diagnostic::new(key.span.clone(), message, "remove one of the two"));
            }
            let (event, span) = self.next()?;
            let node = self.node(event, span, depth + 1)?;
            members.push((key, node));
        }
    }

    /// The end of a collection: after its bracket, or without brackets the end of its last part. The parser reports
    /// the end of a block only where the next one begins.
    fn end(&self, start: usize, last: Option<&Range<usize>>, closing: &Range<usize>) -> usize {
        let is_flow = self.text[start..].starts_with(['{', '[']);
        let end = last.filter(|_| !is_flow).map_or(closing.end, |last| last.end);
        end.max(start)
    }

    fn bytes(&self, span: Span) -> Range<usize> {
        self.byte(span.start.index())..self.byte(span.end.index())
    }

    fn byte(&self, index: usize) -> usize {
        self.places.get(index).copied().unwrap_or(self.text.len())
    }
}

/// Reads a scalar by YAML's core schema.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::from(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::from(text), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    if let Ok(whole) = text.parse::<i64>() {
        return (whole.to_string() == text || text.starts_with('-')).then(|| Number::from(whole));
    }
    let looks_right = text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.');
    text.parse::<f64>().ok().filter(|_| looks_right).and_then(Number::from_f64)
}
