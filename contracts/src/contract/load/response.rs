//! Responses: which replies each encodes, and the example it is made from.

use serde_json::Value;

use super::Loader;
use crate::contract::annotation::ReplyBinding;
use crate::contract::diagnostic::advice;
use crate::contract::yaml::{Key, Node};
use crate::contract::{Media, ResponseCase, ResponseContent};
use crate::protocol::{CommandName, Field, ReplyName};

/// The replies that can stand in no answer without this field: an answer without it would tell the client nothing.
const MUST_CARRY: &[(ReplyName, Field)] =
    &[(ReplyName::CredentialIssued, Field::Credential), (ReplyName::InstallsListed, Field::Installs)];

impl<'n> Loader<'n> {
    pub(super) fn responses(&mut self, method: &Key, node: &'n Node, command: CommandName) -> Vec<ResponseCase> {
        let known = self.mistakes.len();
        let mut cases: Vec<ResponseCase> = Vec::new();
        for (status, response) in node.get("responses").map_or(&[][..], Node::members) {
            let more = self.response(status, response);
            for case in &more {
                self.is_distinct(status, &cases, case);
            }
            cases.extend(more);
        }
        if self.mistakes.len() == known {
            self.every_success_is_there(method, command, &cases);
        }
        cases
    }

    fn response(&mut self, status: &Key, node: &'n Node) -> Vec<ResponseCase> {
        let Some(node) = self.resolve(node) else { return Vec::new() };
        self.annotations(node);
        self.provenance(node);
        let Ok(code @ 200..=599) = status.text.parse::<u16>() else {
            let help = "one response for each status from 200 to 599: the mock has to send it";
            self.wrong(status.span.clone(), format!("`{}` is no status", status.text), help);
            return Vec::new();
        };
        let content = node.get("content").map_or(&[][..], Node::members);
        match (node.get("x-reply"), content.first()) {
            (Some(reply), None) => vec![ResponseCase { status: code, replies: self.replies(reply), content: None }],
            (reply, Some((mime, media))) => self.response_media(code, reply, mime, media),
            (None, None) => {
                let help = "add `x-reply` with the reply, or the replies, that look like this";
                self.wrong(status.span.clone(), "nothing says which reply this response is", help);
                Vec::new()
            }
        }
    }

    fn response_media(
        &mut self,
        status: u16,
        reply: Option<&'n Node>,
        mime: &Key,
        node: &'n Node,
    ) -> Vec<ResponseCase> {
        let Some(media) = self.media(mime, node) else { return Vec::new() };
        let examples = node.get("examples").map_or(&[][..], Node::members);
        if let (Some(reply), Some(example)) = (reply, node.get("example")) {
            return self.case(status, reply, &media, example).into_iter().collect();
        }
        if examples.is_empty() {
            let help = "a response is made from its example: add `x-reply` to the response and `example` here, \
                        or `examples` that bear `x-reply` each";
            self.wrong(mime.span.clone(), "this response has no example that bears a reply", help);
        }
        examples.iter().filter_map(|(key, example)| self.example(status, &media, key, example)).collect()
    }

    fn example(&mut self, status: u16, media: &Media, key: &Key, node: &'n Node) -> Option<ResponseCase> {
        let node = self.resolve(node)?;
        self.annotations(node);
        let (Some(reply), Some(value)) = (node.get("x-reply"), node.get("value")) else {
            let message = format!("the example `{}` needs both `x-reply` and `value`", key.text);
            self.wrong(key.span.clone(), message, "say which reply it is, and what is sent");
            return None;
        };
        self.case(status, reply, media, value)
    }

    fn case(&mut self, status: u16, reply: &'n Node, media: &Media, value: &'n Node) -> Option<ResponseCase> {
        let replies = self.replies(reply);
        let example = self.inline(value, 0)?;
        for problem in media.schema.problems(&example) {
            let help = "the mock would send what its own contract forbids: mend the example or the schema";
            self.wrong(value.span.clone(), format!("the example breaks its schema: {problem}"), help);
        }
        for (name, field) in MUST_CARRY.iter().filter(|(name, _)| replies.contains(name)) {
            if !media.shape.nodes().iter().any(|node| node.field.as_ref() == Some(field)) {
                let message = format!("no node of this response carries `{field}`, which `{name}` is for");
                self.wrong(value.span.clone(), message, format!("put `x-field: {field}` on the node that holds it"));
            }
        }
        Some(ResponseCase { status, replies, content: Some(ResponseContent { media: media.clone(), example }) })
    }

    fn replies(&mut self, node: &'n Node) -> Vec<ReplyName> {
        let binding = match node.text() {
            Some(word) => ReplyBinding::One(word.to_owned()),
            None => match self.read(node) {
                Some(binding) => binding,
                None => return Vec::new(),
            },
        };
        let words = match binding {
            ReplyBinding::One(word) => vec![word],
            ReplyBinding::Several(words) => words,
        };
        words.iter().flat_map(|word| self.reply(node, word)).collect()
    }

    fn reply(&mut self, node: &Node, word: &str) -> Vec<ReplyName> {
        if let Some(family) = word.strip_suffix('*').filter(|family| matches!(*family, "key_" | "session_")) {
            return ReplyName::ALL.iter().copied().filter(|name| name.as_str().starts_with(family)).collect();
        }
        match word.parse() {
            Ok(name) => vec![name],
            Err(_) => {
                let known = ReplyName::ALL.iter().map(|name| name.as_str()).chain(["key_*", "session_*"]);
                self.wrong(node.span.clone(), format!("`{word}` is no reply"), advice(word, known));
                Vec::new()
            }
        }
    }

    /// Two answers with one status must differ in a node that tells.
    fn is_distinct(&mut self, status: &Key, cases: &[ResponseCase], case: &ResponseCase) {
        let alike = cases.iter().find(|other| other.status == case.status && !is_told_apart(other, case));
        if let Some(other) = alike {
            let message = format!("nothing tells {} and {} apart", names(&other.replies), names(&case.replies));
            let help = "mark a node whose examples differ with `x-tells: true`, or list the replies in one `x-reply`";
            self.wrong(status.span.clone(), message, help);
        }
    }

    fn every_success_is_there(&mut self, method: &Key, command: CommandName, cases: &[ResponseCase]) {
        for name in command.own_replies().iter().filter(|name| !name.is_refusal()) {
            if !cases.iter().any(|case| case.replies.contains(name)) {
                let message = format!("no response says `{name}`, which `{command}` can end in");
                self.wrong(
                    method.span.clone(),
                    message,
                    format!("add a response, or an example, with `x-reply: {name}`"),
                );
            }
        }
    }
}

fn is_told_apart(a: &ResponseCase, b: &ResponseCase) -> bool {
    let (Some(one), Some(other)) = (&a.content, &b.content) else { return a.content.is_some() != b.content.is_some() };
    let telling = one.media.shape.telling();
    let differs = |place: &String| value_at(&one.example, place) != value_at(&other.example, place);
    telling.iter().any(differs)
}

fn value_at<'v>(value: &'v Value, place: &str) -> Option<&'v Value> {
    value.pointer(place)
}

fn names(replies: &[ReplyName]) -> String {
    replies.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
