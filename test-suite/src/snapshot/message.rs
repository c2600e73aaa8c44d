//! Requests and answers as lines of text.

use percent_encoding::percent_decode_str;
use serde_json::Value;
use standin_contracts::history::{Body, Fate, Leg, MessagePart, Request, Response};
use standin_contracts::protocol::{ProofState, Timestamp};

use super::ids::{Ids, plain};
use super::names::{Line, Piece};
use crate::report::{actors, intention};

/// The header fields that show what two programs agreed on, beside those that hold a secret.
const HEADERS: &[&str] = &[
    "authorization",
    "cache-control",
    "content-encoding",
    "content-type",
    "location",
    "retry-after",
    "www-authenticate",
    "x-user-id",
];
/// The longest body that is written on one line, in characters.
const ONE_LINE: usize = 90;
/// How many lines of a body are shown that is not JSON.
const LINES: usize = 20;

/// The context that the words of a message depend on.
#[derive(Clone, Copy)]
pub(super) struct MessageFormatter<'r> {
    pub(super) ids: &'r Ids,
    pub(super) at: Timestamp,
    /// The install that sends or receives the message, where that is known.
    pub(super) install: Option<&'r str>,
}

impl MessageFormatter<'_> {
    pub(super) fn request(self, request: &Request) -> Vec<Line> {
        let mut head = vec![text(format!("{}  {} ", self.actors(request.leg, false), request.method))];
        head.extend(self.target(&request.target));
        head.extend(request.operation.iter().map(|operation| text(format!("  ({operation})"))));
        let intent = request.intent.iter().map(intention);
        head.extend(intent.map(|intent| text(format!("  {intent}"))));
        let proof = request.step.as_ref().and_then(|step| proof(step.proof));
        head.extend(proof.map(|words| text(format!("  {words}"))));
        let mut lines = vec![Line::new(0, head)];
        if let Some(malformed) = request.step.as_ref().and_then(|step| step.malformed.as_ref()) {
            lines.push(Line::new(1, [vec![text("malformed: ")], self.ids.scan(malformed, self.at)].concat()));
        }
        let holds_placeholder =
            |name: &str| request.placeholders.iter().any(|placeholder| is_in(&placeholder.place, name));
        lines.extend(self.headers(&request.headers, holds_placeholder));
        lines.extend(self.body(request.body.as_ref(), content_type(&request.headers)));
        lines
    }

    /// The answer to a request on this leg as lines.
    pub(super) fn response(self, leg: Leg, response: &Response) -> Vec<Line> {
        let mut head = format!("{}  ", self.actors(leg, true));
        head += &if response.status == 0 { "no answer".to_owned() } else { response.status.to_string() };
        head += &response.reply.map(|reply| format!(" {reply}")).unwrap_or_default();
        head += &response.fault.as_ref().map(|fault| format!("  (fault: {fault})")).unwrap_or_default();
        head += match response.fate {
            Fate::Delivered => "",
            Fate::Cut => "  (cut)",
            Fate::Lost => "  (lost)",
        };
        head += match response.outcome.as_ref().map(|outcome| outcome.success) {
            Some(true) => "  success",
            Some(false) => "  failure",
            None => "",
        };
        let mut lines = vec![Line::text(0, head)];
        let holds_placeholder =
            |name: &str| response.placeholders.iter().any(|placeholder| is_in(&placeholder.place, name));
        lines.extend(self.headers(&response.headers, holds_placeholder));
        lines.extend(self.body(response.body.as_ref(), content_type(&response.headers)));
        lines
    }

    /// Sender and receiver; an SDK by the name of its install.
    pub(super) fn actors(self, leg: Leg, back: bool) -> String {
        let actors = actors(leg, back);
        self.install
            .filter(|_| leg == Leg::SdkToVendor)
            .map_or_else(|| actors.clone(), |one| actors.replace("sdk", plain(one)))
    }

    fn target(self, target: &str) -> Vec<Piece> {
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let mut pieces = Vec::new();
        for (index, segment) in path.split('/').enumerate() {
            if index > 0 {
                pieces.push(text("/"));
            }
            pieces.extend(self.ids.value(&decoded(segment), self.at));
        }
        if let Some(query) = query {
            pieces.push(text("?"));
            pieces.extend(self.pairs(query));
        }
        pieces
    }

    /// A query or a form, sorted by name.
    fn pairs(self, pairs: &str) -> Vec<Piece> {
        let mut sorted: Vec<&str> = pairs.split('&').collect();
        sorted.sort_by_key(|pair| pair.split('=').next());
        let mut pieces = Vec::new();
        for (index, pair) in sorted.into_iter().enumerate() {
            let (name, value) = pair.split_once('=').map_or((pair, None), |(name, value)| (name, Some(value)));
            pieces.push(text(format!("{}{}", if index > 0 { "&" } else { "" }, decoded(name))));
            if let Some(value) = value {
                pieces.push(text("="));
                pieces.extend(self.ids.value(&decoded(&value.replace('+', " ")), self.at));
            }
        }
        pieces
    }

    fn headers(self, headers: &[(String, String)], holds_placeholder: impl Fn(&str) -> bool) -> Vec<Line> {
        let told = |name: &str| HEADERS.contains(&name) || holds_placeholder(name);
        let mut told: Vec<_> = headers.iter().filter(|(name, _)| told(name)).collect();
        told.sort();
        let line = |(name, value): &(String, String)| {
            let is_bare = name == "authorization" && !holds_placeholder(name);
            let value = if is_bare { vec![text(scheme(value))] } else { self.ids.value(value, self.at) };
            Line::new(1, [vec![text(format!("{name}: "))], value].concat())
        };
        told.into_iter().map(line).collect()
    }

    fn body(self, body: Option<&Body>, content_type: &str) -> Vec<Line> {
        let Some(body) = body.filter(|body| body.bytes > 0) else { return Vec::new() };
        let mut lines = Vec::new();
        if body.gzip {
            lines.push(Line::text(1, "gzip of"));
        }
        if body.base64 {
            lines.push(Line::text(1, "bytes that are no text"));
        } else if let Ok(json) = serde_json::from_str::<Value>(&body.text) {
            lines.extend(self.json(&json));
        } else if content_type.starts_with("application/x-www-form-urlencoded") {
            lines.push(Line::new(1, self.pairs(&body.text)));
        } else {
            lines.extend(body.text.lines().take(LINES).map(|line| Line::new(1, self.ids.value(line, self.at))));
        }
        lines
    }

    fn json(self, value: &Value) -> Vec<Line> {
        let compact = Line::new(1, self.compact(value));
        if compact.write(|id| format!("{}#0", id.kind)).chars().count() <= ONE_LINE {
            return vec![compact];
        }
        self.spread(value, 1)
    }

    /// JSON on one line, with sorted members.
    fn compact(self, value: &Value) -> Vec<Piece> {
        let (open, parts, close) = match value {
            Value::String(string) => return self.string(string),
            Value::Number(number) => return vec![self.ids.number(number, self.at)],
            Value::Array(items) => ("[", items.iter().map(|item| self.compact(item)).collect(), "]"),
            Value::Object(_) => {
                let member = |(name, value): (String, &Value)| [vec![text(name)], self.compact(value)].concat();
                ("{", members(value).into_iter().map(member).collect::<Vec<_>>(), "}")
            }
            Value::Null | Value::Bool(_) => return vec![text(value.to_string())],
        };
        [vec![text(open)], parts.join(&text(", ")), vec![text(close)]].concat()
    }

    /// JSON with one line for each member or item of the outermost value, and of those that are too long for one
    /// line.
    fn spread(self, value: &Value, depth: usize) -> Vec<Line> {
        let (open, parts, close) = match value {
            Value::Array(items) if !items.is_empty() => {
                ("[", items.iter().map(|item| (String::new(), item)).collect(), "]")
            }
            Value::Object(map) if !map.is_empty() => ("{", members(value), "}"),
            _ => return vec![Line::new(depth, self.compact(value))],
        };
        let mut lines = vec![Line::text(depth, open)];
        for (name, part) in parts {
            let one = Line::new(depth + 1, [vec![text(&*name)], self.compact(part)].concat());
            if one.write(|id| format!("{}#0", id.kind)).chars().count() <= ONE_LINE {
                lines.push(one);
                continue;
            }
            let mut inner = self.spread(part, depth + 1);
            if let Some(first) = inner.first_mut() {
                first.pieces.insert(0, text(name));
            }
            lines.extend(inner);
        }
        lines.push(Line::text(depth, close));
        lines
    }

    fn string(self, string: &str) -> Vec<Piece> {
        let escape = |piece| match piece {
            Piece::Text(part) => text(escaped(&part)),
            id @ Piece::Id(_) => id,
        };
        let inner = self.ids.value(string, self.at).into_iter().map(escape).collect();
        [vec![text("\"")], inner, vec![text("\"")]].concat()
    }
}

/// The members of an object, sorted, each name as it is written before its value.
fn members(value: &Value) -> Vec<(String, &Value)> {
    let mut members: Vec<_> = value.as_object().into_iter().flatten().collect();
    members.sort_by_key(|(name, _)| *name);
    members.into_iter().map(|(name, value)| (format!("\"{}\": ", escaped(name)), value)).collect()
}

/// Text as it is written between the quotes of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
}

fn text(text: impl Into<String>) -> Piece {
    Piece::Text(text.into())
}

fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

fn is_in(place: &MessagePart, header: &str) -> bool {
    matches!(place, MessagePart::Header(name) if name == header)
}

fn content_type(headers: &[(String, String)]) -> &str {
    headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, value)| value)
}

/// The scheme of an unknown credential, whose value is not shown.
fn scheme(value: &str) -> String {
    value.split_once(' ').map_or_else(|| "…".to_owned(), |(scheme, _)| format!("{scheme} …"))
}

/// The validity of a proof, where one was asked for.
fn proof(state: ProofState) -> Option<&'static str> {
    match state {
        ProofState::NotAsked => None,
        ProofState::Absent => Some("without proof"),
        ProofState::Invalid => Some("with a wrong proof"),
        ProofState::Valid => Some("with a good proof"),
    }
}
