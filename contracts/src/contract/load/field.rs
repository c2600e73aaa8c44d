//! Checks fields: each is known, stands on a node that can carry it, and has a format.

use super::Loader;
use crate::advice::advice;
use crate::contract::yaml::Node;
use crate::contract::{Proof, ShapeKind, TimeFormat};
use crate::protocol::Field;

/// The list that a node stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum List {
    /// No list: the root of a request's body.
    Root,
    None,
    /// No list: a body that is one item itself.
    Whole,
    /// A list that carries no list field. Nothing below it is read.
    Bare,
    /// A list that carries this list field.
    Of(Field),
}

impl List {
    /// The list that contains the items of a node with this field.
    pub(super) fn of(field: Option<&Field>) -> Self {
        field.filter(|field| field.is_list()).map_or(Self::Bare, |field| Self::Of(field.clone()))
    }

    /// The list that contains the members of an object with this field.
    pub(super) fn below(&self, field: Option<&Field>) -> Self {
        match self {
            Self::Root if field == Some(&Field::Items) => Self::Whole,
            Self::Root => Self::None,
            list => list.clone(),
        }
    }
}

impl<'n> Loader<'n> {
    /// The field that an `x-field` names.
    pub(super) fn field(&mut self, annotation: &'n Node) -> Option<Field> {
        let Some(name) = annotation.text() else {
            let help = "write the name of one field, such as `x-field: external_id`";
            self.wrong(annotation.span.clone(), "`x-field` is no word", help);
            return None;
        };
        name.parse()
            .map_err(|_| {
                let message = format!("`{name}` is no field");
                self.wrong(annotation.span.clone(), message, advice(name, Field::names()));
            })
            .ok()
    }

    /// Checks that a field of list items stands below its list, and that no field stands in a list without a list
    /// field.
    pub(super) fn field_fits_list(&mut self, node: &'n Node, field: Option<&Field>, list: &List) {
        if let Some((message, help)) = field.and_then(|field| misplaced(field, list)) {
            self.wrong(annotation_span(node, "x-field"), message, help);
        }
    }

    /// Checks that a field fits the kind of its node. An object carries a field only if it is a body that is one item.
    /// Only an array carries a list field.
    pub(super) fn field_fits_kind(&mut self, node: &'n Node, field: Option<&Field>, kind: &ShapeKind, list: &List) {
        let Some(field) = field else { return };
        let span = annotation_span(node, "x-field");
        match kind {
            ShapeKind::Object(_) if *list == List::Root && *field == Field::Items => {}
            ShapeKind::Object(_) if *field == Field::Items => {
                let help = "put it on an array, or on the root of a request's body if the whole body is one item";
                self.wrong(span, "`items` stands on an object that is no request's body", help);
            }
            ShapeKind::Object(_) => {
                let help = "put it on the member that holds the value";
                self.wrong(span, format!("`{field}` stands on an object"), help);
            }
            ShapeKind::Leaf(_) if field.is_list() => {
                let help = "put it on the array whose items it is about, and describe its `items`";
                self.wrong(span, format!("`{field}` is a list and stands on something that is none"), help);
            }
            _ => {}
        }
    }

    /// The format of the moment, if the node carries one.
    pub(super) fn time(&mut self, node: &'n Node, field: Option<&Field>) -> Option<TimeFormat> {
        let is_moment = field.is_some_and(is_moment);
        if let Some(annotation) = node.get("x-time") {
            if let Some(field) = field.filter(|_| !is_moment) {
                let help = "remove it, or bind the node to a field such as `expires_at`";
                self.wrong(annotation_span(node, "x-time"), format!("`{field}` is no moment"), help);
            }
            return self.time_format(annotation);
        }
        let is_date_time = node.get("format").and_then(Node::text) == Some("date-time");
        if is_moment && !is_date_time {
            let help = "add `x-time` (iso-ms, epoch-s, epoch-ms, or a strftime pattern), or `format: date-time`";
            self.wrong(annotation_span(node, "x-field"), "nothing says how this moment is written", help);
        }
        is_moment.then_some(TimeFormat::IsoMs)
    }

    fn time_format(&mut self, annotation: &'n Node) -> Option<TimeFormat> {
        let text = annotation.text().unwrap_or_default();
        text.parse()
            .map_err(|_| {
                let message = format!("`{text}` is no way to write a moment");
                let help = "iso-ms, epoch-s, epoch-ms, or a strftime pattern from the four digits of the year down to \
                            the second, such as `%Y-%m-%d %H:%M:%S`";
                self.wrong(annotation.span.clone(), message, help);
            })
            .ok()
    }

    /// The algorithm of the proof, if the node carries one.
    pub(super) fn proof(&mut self, node: &'n Node, field: Option<&Field>) -> Option<Proof> {
        if field != Some(&Field::Proof) {
            return None;
        }
        let names = Proof::ALL.iter().map(|(name, _)| *name);
        let Some(format) = node.get("format") else {
            let help = format!("name it by `format`: {}", names.collect::<Vec<_>>().join(", "));
            self.wrong(annotation_span(node, "x-field"), "nothing says how this proof is made", help);
            return None;
        };
        let name = format.text().unwrap_or_default();
        name.parse()
            .map_err(|_| {
                let message = format!("`{name}` is no proof that is known");
                self.wrong(format.span.clone(), message, advice(name, names));
            })
            .ok()
    }
}

/// The mistake and the correction, if a field is misplaced in this list.
fn misplaced(field: &Field, list: &List) -> Option<(String, String)> {
    let right = |list: &Field| format!("it belongs below an array with `x-field: {list}`");
    match (list, &field.list()) {
        (List::Bare, _) => {
            let help = "put `x-field: installs` on the array if that is what it lists";
            Some((format!("`{field}` stands in a list that carries no field"), help.to_owned()))
        }
        // A webhook may deliver one message without a list around it.
        (List::Root | List::None, Some(Field::Messages)) => None,
        (List::Root | List::None, Some(own)) => {
            Some((format!("`{field}` stands outside of a list of {own}"), right(own)))
        }
        (List::Whole, None) if *field == Field::Items => {
            let help = "remove one of the two: an item holds no items";
            Some(("`items` stands inside a body that is one item itself".to_owned(), help.to_owned()))
        }
        (List::Whole, Some(own)) if *own != Field::Items => {
            Some((format!("`{field}` stands in a body that is one item"), right(own)))
        }
        (List::Of(other), Some(own)) if own != other => {
            Some((format!("`{field}` stands in a list of {other}"), right(own)))
        }
        _ => None,
    }
}

/// The place of an annotation's value. If the annotation is not at the node, as for a parameter, the place of the node.
fn annotation_span(node: &Node, name: &str) -> std::ops::Range<usize> {
    node.get(name).unwrap_or(node).span.clone()
}

fn is_moment(field: &Field) -> bool {
    matches!(
        field,
        Field::ExpiresAt
            | Field::RequestedAt
            | Field::InstallCreatedAt
            | Field::InstallLastSeen
            | Field::MessageAt
            | Field::ItemRecordedAt
    )
}
