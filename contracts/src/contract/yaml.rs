//! YAML as a tree in which every node knows its bytes.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use serde_json::{Map, Number, Value};

use super::Diagnostic;

/// A node of a document, with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) value: Yaml,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Yaml {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key of a map, with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    pub(crate) span: Range<usize>,
    pub(crate) text: String,
}

/// Deeper documents are refused rather than walked.
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

    /// The node at a path of keys and indexes.
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

    /// The node as plain JSON.
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

/// Reads one document.
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
                event => return self.node(event, span, 0),
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
        match event {
            Event::Scalar(text, style, ..) => Ok(Node { value: Yaml::Scalar(scalar(&text, style)), span }),
            Event::SequenceStart(..) => self.list(span.start, depth),
            Event::MappingStart(..) => self.map(span.start, depth),
            _ => Err(Diagnostic::new(span, "YAML aliases are not read", "write the part out, or use `$ref`")),
        }
    }

    fn list(&mut self, start: usize, depth: usize) -> Result<Node, Diagnostic> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                let end = items.last().map_or(span.end, |last: &Node| last.span.end);
                return Ok(Node { span: start..end.max(start), value: Yaml::List(items) });
            }
            items.push(self.node(event, span, depth + 1)?);
        }
    }

    fn map(&mut self, start: usize, depth: usize) -> Result<Node, Diagnostic> {
        let mut members: Vec<(Key, Node)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                let end = members.last().map_or(span.end, |(_, last)| last.span.end);
                return Ok(Node { span: start..end.max(start), value: Yaml::Map(members) });
            }
            let Event::Scalar(text, ..) = event else {
                return Err(Diagnostic::new(span, "a key must be a plain word", "write `key: value`"));
            };
            let key = Key { span, text: text.into_owned() };
            if members.iter().any(|(known, _)| known.text == key.text) {
                let message = format!("the key `{}` stands here twice", key.text);
                self.found.push(Diagnostic::new(key.span.clone(), message, "remove one of the two"));
            }
            let (event, span) = self.next()?;
            let node = self.node(event, span, depth + 1)?;
            members.push((key, node));
        }
    }

    fn bytes(&self, span: Span) -> Range<usize> {
        self.byte(span.start.index())..self.byte(span.end.index())
    }

    fn byte(&self, index: usize) -> usize {
        self.places.get(index).copied().unwrap_or(self.text.len())
    }
}

/// A scalar by YAML's core schema.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::from(text);
    }
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
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
