//! Reads responses: the replies of each, and the example that it is made from.

use std::ops::Range;

use super::Loader;
use super::annotations::NodeKind;
use super::field::List;
use crate::advice::advice;
use crate::contract::annotation::REPLY_FAMILIES;
use crate::contract::yaml::{Key, Node};
use crate::contract::{Media, ResponseCase, ResponseContent};
use crate::protocol::{CommandName, ReplyName};

/// A case with the place of its `x-reply`.
type PlacedCase = (ResponseCase, Range<usize>);

impl<'n> Loader<'n> {
    pub(super) fn responses(
        &mut self,
        method: &Key,
        node: &'n Node,
        command: Option<CommandName>,
    ) -> Vec<ResponseCase> {
        let known = self.mistakes.len();
        let mut cases: Vec<PlacedCase> = Vec::new();
        for (status, response) in node.get("responses").map_or(&[][..], Node::members) {
            for case in self.response(status, response) {
                self.is_distinct(&cases, &case);
                cases.push(case);
            }
        }
        if let Some(command) = command {
            self.replies_answer(command, &cases);
            if self.mistakes.len() == known && self.is_small_enough() {
                self.every_success_is_there(method, command, &cases);
            }
        }
        cases.into_iter().map(|(case, _)| case).collect()
    }

    fn response(&mut self, status: &Key, node: &'n Node) -> Vec<PlacedCase> {
        let Some(node) = self.resolve(node) else { return Vec::new() };
        self.annotations(node, NodeKind::Response);
        let code = status.text.parse::<u16>().ok().filter(|code| (200..=599).contains(code) && status.text.len() == 3);
        let Some(code) = code else {
            let help = "one response for each status from 200 to 599: the mock has to send it";
            self.wrong(status.span.clone(), format!("`{}` is no status", status.text), help);
            return Vec::new();
        };
        let content = node.get("content").map_or(&[][..], Node::members);
        match (node.get("x-reply"), content.first()) {
            (Some(reply), None) => {
                let replies = self.replies(reply);
                vec![(ResponseCase { status: code, replies, content: None }, reply.span.clone())]
            }
            (reply, Some((mime, media))) => self.response_media(code, reply, mime, media),
            (None, None) => {
                let help = "add `x-reply` with the reply, or the replies, that look like this";
                self.wrong(status.span.clone(), "nothing says which reply this response is", help);
                Vec::new()
            }
        }
    }

    fn response_media(&mut self, status: u16, reply: Option<&'n Node>, mime: &Key, node: &'n Node) -> Vec<PlacedCase> {
        let known = self.mistakes.len();
        let Some(media) = self.media(mime, node, &List::None) else { return Vec::new() };
        let Some(schema) = node.key("schema") else { return Vec::new() };
        let examples = node.get("examples").map_or(&[][..], Node::members);
        if let (Some(reply), Some(example)) = (reply, node.get("example")) {
            return self.case(status, reply, &media, schema, example).into_iter().collect();
        }
        if let (Some(reply), false) = (reply, examples.is_empty()) {
            let help = "move it into each of the `examples`, or give one `example` in their place";
            self.wrong(reply.span.clone(), "which of the examples this reply is made from is not said", help);
            return Vec::new();
        }
        if examples.is_empty() && self.mistakes.len() == known {
            let help = "a response is made from its example: add `x-reply` to the response and `example` here, \
                        or `examples` that bear `x-reply` each";
            self.wrong(mime.span.clone(), "this response has no example that bears a reply", help);
        }
        examples.iter().filter_map(|(key, example)| self.example(status, &media, schema, key, example)).collect()
    }

    fn example(&mut self, status: u16, media: &Media, schema: &Key, key: &Key, node: &'n Node) -> Option<PlacedCase> {
        let node = self.resolve(node)?;
        self.annotations(node, NodeKind::Example);
        let (Some(reply), Some(value)) = (node.get("x-reply"), node.get("value")) else {
            let message = format!("the example `{}` needs both `x-reply` and `value`", key.text);
            self.wrong(key.span.clone(), message, "say which reply it is, and what is sent");
            return None;
        };
        self.case(status, reply, media, schema, value)
    }

    fn case(
        &mut self,
        status: u16,
        reply: &'n Node,
        media: &Media,
        schema: &Key,
        value: &'n Node,
    ) -> Option<PlacedCase> {
        let replies = self.replies(reply);
        let example = self.unfold(value)?;
        let known = self.mistakes.len();
        self.example_is_valid(media, value, &example);
        if self.mistakes.len() == known {
            self.moments_are_read(media, value, &example);
            self.replies_are_carried(&replies, media, schema, value, &example);
        }
        let content = Some(ResponseContent { media: media.clone(), example });
        Some((ResponseCase { status, replies, content }, reply.span.clone()))
    }

    fn replies(&mut self, node: &'n Node) -> Vec<ReplyName> {
        if let Some(word) = node.text() {
            return self.reply(node, word);
        }
        if node.items().is_empty() || node.items().iter().any(|item| item.text().is_none()) {
            let help = "write a reply, such as `malformed`, or a list of replies that look alike";
            self.wrong(node.span.clone(), "`x-reply` is neither a reply nor a list of replies", help);
            return Vec::new();
        }
        node.items().iter().flat_map(|item| self.reply(item, item.text().unwrap_or_default())).collect()
    }

    fn reply(&mut self, node: &Node, word: &str) -> Vec<ReplyName> {
        if let Some(family) = word.strip_suffix('*').filter(|_| REPLY_FAMILIES.contains(&word)) {
            // A family has refusals only: `session_refreshed` is no member of `session_*`.
            let is_member = |name: &ReplyName| name.is_refusal() && name.as_str().starts_with(family);
            return ReplyName::ALL.iter().copied().filter(is_member).collect();
        }
        if let Ok(name) = word.parse() {
            return vec![name];
        }
        let known = ReplyName::ALL.iter().map(|name| name.as_str()).chain(REPLY_FAMILIES.iter().copied());
        self.wrong(node.span.clone(), format!("`{word}` is no reply"), advice(word, known));
        Vec::new()
    }

    /// Checks that two responses with one status differ in a node with `x-tells`.
    fn is_distinct(&mut self, cases: &[PlacedCase], (case, span): &PlacedCase) {
        let alike = cases.iter().find(|(other, _)| other.status == case.status && !is_told_apart(other, case));
        if let Some((other, _)) = alike {
            let message = format!("nothing tells {} apart from {}", names(&case.replies), names(&other.replies));
            let help = "mark a node whose examples differ with `x-tells: true`, or list the replies in one `x-reply`";
            self.wrong(span.clone(), message, help);
        }
    }

    /// Refuses replies that only another command has.
    fn replies_answer(&mut self, command: CommandName, cases: &[PlacedCase]) {
        for (case, span) in cases {
            for name in case.replies.iter().filter(|name| !command.own_replies().contains(name)) {
                let owner = CommandName::ALL.iter().find(|other| other.own_replies().contains(name));
                if let Some(owner) = owner {
                    let message = format!("`{name}` answers `{owner}`, and this operation is `{command}`");
                    let own: Vec<&str> = command.own_replies().iter().map(|name| name.as_str()).collect();
                    let help =
                        format!("it is answered by {}, and by the refusals that every command has", own.join(", "));
                    self.wrong(span.clone(), message, help);
                }
            }
        }
    }

    fn every_success_is_there(&mut self, method: &Key, command: CommandName, cases: &[PlacedCase]) {
        for name in command.own_replies().iter().filter(|name| !name.is_refusal()) {
            if !cases.iter().any(|(case, _)| case.replies.contains(name)) {
                let message = format!("no response says `{name}`, which `{command}` can end in");
                let help = format!("add a response, or an example, with `x-reply: {name}`");
                self.wrong(method.span.clone(), message, help);
            }
        }
    }
}

fn is_told_apart(a: &ResponseCase, b: &ResponseCase) -> bool {
    let (Some(one), Some(other)) = (&a.content, &b.content) else { return a.content.is_some() != b.content.is_some() };
    let telling = one.media.shape.telling();
    telling.iter().any(|place| one.example.pointer(place) != other.example.pointer(place))
}

fn names(replies: &[ReplyName]) -> String {
    replies.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
