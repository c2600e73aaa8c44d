//! Reads the parameters and bodies of requests, and checks that every required part gets a value.

use std::ops::Range;

use super::Loader;
use super::annotations::NodeKind;
use super::field::List;
use crate::contract::yaml::{Key, Node};
use crate::contract::{BodyKind, Location, Media, Parameter, RequestBody, Shape, ShapeKind};
use crate::protocol::Field;

impl<'n> Loader<'n> {
    /// The parameters, with the places of their names.
    pub(super) fn parameters(&mut self, item: &'n Node, node: &'n Node) -> Vec<(Parameter, Range<usize>)> {
        let lists = [item.get("parameters"), node.get("parameters")];
        let nodes: Vec<&'n Node> = lists.into_iter().flatten().flat_map(Node::items).collect();
        nodes.into_iter().filter_map(|node| self.parameter(node)).collect()
    }

    fn parameter(&mut self, node: &'n Node) -> Option<(Parameter, Range<usize>)> {
        let node = self.resolve(node)?;
        self.annotations(node, NodeKind::Parameter);
        let Some((name, place)) = node.get("name").and_then(|name| Some((name.text()?.to_owned(), name.span.clone())))
        else {
            self.wrong(node.span.clone(), "the parameter has no `name`", "add `name`");
            return None;
        };
        let location = match node.get("in").and_then(Node::text) {
            Some("path") => Location::Path,
            Some("query") => Location::Query,
            Some("header") => Location::Header,
            _ => {
                let span = node.get("in").map_or(place, |node| node.span.clone());
                let help = "write `in: path`, `in: query` or `in: header`";
                self.wrong(span, format!("the parameter `{name}` stands nowhere that is read"), help);
                return None;
            }
        };
        let Some(schema) = node.get("schema") else {
            let help = "add `schema: {type: string}`";
            self.wrong(place, format!("the parameter `{name}` has no schema"), help);
            return None;
        };
        let field = node.get("x-field").and_then(|annotation| self.field(annotation));
        let (shape, schema) = self.schema(schema, field, &List::None)?;
        let required = location == Location::Path || node.get("required").is_some_and(Node::is_true);
        if required && shape.field.is_none() && shape.fill.is_none() {
            self.unfed(place.clone(), &format!("parameter `{name}`"));
        }
        Some((Parameter { name, location, required, shape, schema }, place))
    }

    pub(super) fn request_body(&mut self, node: &'n Node, is_webhook: bool) -> Option<RequestBody> {
        let node = self.resolve(node)?;
        let content = node.get("content").map_or(&[][..], Node::members);
        if content.is_empty() {
            let help = "add `content: {application/json: {schema: ...}}`";
            let span = node.key("content").map_or(node.span.clone(), |key| key.span.clone());
            self.wrong(span, "the body has no media type", help);
        }
        let required = node.get("required").is_some_and(Node::is_true);
        let mut all = Vec::new();
        for (mime, below) in content {
            let Some(mut media) = self.media(mime, below, &List::Root) else { continue };
            if is_webhook {
                self.patterns(&mut media, below);
            }
            if let Some(schema) = below.get("schema").filter(|_| media.patterns.is_empty()) {
                self.members_are_fed(schema, mime, required, &media.shape);
            }
            all.push(media);
        }
        (!all.is_empty()).then_some(RequestBody { required, media: all })
    }

    pub(super) fn media(&mut self, mime: &Key, node: &'n Node, list: &List) -> Option<Media> {
        self.annotations(node, NodeKind::Media);
        if mime.text.starts_with("multipart/") {
            let help = "describe the body as JSON or text; a multipart body carries no field that can be bound";
            self.wrong(mime.span.clone(), format!("the media type `{}` is not read", mime.text), help);
            return None;
        }
        let Some(schema) = node.get("schema") else {
            self.wrong(mime.span.clone(), format!("`{}` has no schema", mime.text), "add `schema`");
            return None;
        };
        let binding: Option<BodyKind> = node.get("x-body").and_then(|binding| self.read(binding));
        let kind = binding.unwrap_or_else(|| usual_body(&mime.text));
        let (shape, schema) = self.schema(schema, None, list)?;
        Some(Media { mime: mime.text.clone(), kind, shape, schema, patterns: Vec::new() })
    }

    /// Reads the examples of a whole request body. Each of them must be valid.
    fn patterns(&mut self, media: &mut Media, node: &'n Node) {
        let named = node.get("examples").map_or(&[][..], Node::members).iter().map(|(_, example)| example);
        let mut values: Vec<&'n Node> = named.filter_map(|example| self.resolved(example).get("value")).collect();
        values.extend(node.get("example"));
        for value in values {
            let Some(example) = self.unfold(value) else { continue };
            self.example_is_valid(media, value, &example);
            media.patterns.push(example);
        }
    }

    /// Checks that every required member of a request gets a value.
    fn members_are_fed(&mut self, schema: &'n Node, mime: &Key, required: bool, shape: &Shape) {
        if !matches!(shape.kind, ShapeKind::Object(_)) {
            if required && shape.field.is_none() && shape.fill.is_none() {
                self.unfed(mime.span.clone(), "body");
            }
            return;
        }
        let mut unfed = Vec::new();
        unfed_members(shape, &mut Vec::new(), &mut unfed);
        for path in unfed {
            let span = self.member_key(schema, &path).unwrap_or_else(|| mime.span.clone());
            self.unfed(span, &format!("member `{}`", path.join("/")));
        }
    }

    fn unfed(&mut self, span: Range<usize>, what: &str) {
        let help = "give it `x-field`, `const`, `default`, or an example";
        self.wrong(span, format!("nothing feeds the request's required {what}"), help);
    }

    /// The place of the key of a member of a schema, through references and `allOf`.
    fn member_key(&self, schema: &'n Node, path: &[String]) -> Option<Range<usize>> {
        let (name, rest) = path.split_first()?;
        let schema = self.resolved(schema);
        let schema = schema.get("items").map_or(schema, |items| self.resolved(items));
        let mut members = schema.get("properties").map_or(&[][..], Node::members).iter();
        match members.find(|(key, _)| key.text == *name) {
            Some((key, _)) if rest.is_empty() => Some(key.span.clone()),
            Some((_, below)) => self.member_key(below, rest),
            None => schema.get("allOf")?.items().iter().find_map(|part| self.member_key(part, path)),
        }
    }
}

/// Collects the required members that nothing feeds.
/// The members of an optional object count only if a field feeds one of them.
fn unfed_members(shape: &Shape, place: &mut Vec<String>, unfed: &mut Vec<Vec<String>>) {
    let members = match &shape.kind {
        ShapeKind::Object(members) => members,
        ShapeKind::List(item) if shape.field.is_some() => return unfed_members(item, place, unfed),
        _ => return,
    };
    for member in members.iter().filter(|member| member.shape.fill.is_none()) {
        place.push(member.name.clone());
        let is_object = matches!(member.shape.kind, ShapeKind::Object(_));
        let is_list = member.shape.field.as_ref().is_some_and(Field::is_list);
        let is_bound = || member.shape.nodes().iter().any(|node| node.field.is_some());
        if is_list || is_object && (member.required || is_bound()) {
            unfed_members(&member.shape, place, unfed);
        } else if !is_object && member.required && member.shape.field.is_none() {
            unfed.push(place.clone());
        }
        place.pop();
    }
}

/// The default body kind of a media type.
fn usual_body(mime: &str) -> BodyKind {
    match mime.split(';').next().unwrap_or_default().trim() {
        "application/x-www-form-urlencoded" => BodyKind::Form,
        _ if is_json(mime) => BodyKind::Json,
        _ => BodyKind::Text,
    }
}

fn is_json(mime: &str) -> bool {
    let essence = mime.split(';').next().unwrap_or_default().trim();
    essence == "application/json" || essence.ends_with("+json")
}
