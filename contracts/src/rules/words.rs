//! The words of findings for places, values and actors.

use crate::history::{AppIntent, MessagePart, Placeholder, Request, Response, Step};

/// A part of a message, in words.
pub(crate) fn place(place: &MessagePart) -> String {
    match place {
        MessagePart::Url => "the URL".to_owned(),
        MessagePart::Header(name) => format!("the header {name}"),
        MessagePart::Body => "the body".to_owned(),
    }
}

/// Each value with its place, once: `server_key#1 in the URL and credential#2 in the body`.
pub(crate) fn placeholders<'m>(placeholders: impl IntoIterator<Item = &'m Placeholder>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for placeholder in placeholders {
        let part = format!("{} in {}", placeholder.label, place(&placeholder.place));
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    list(&parts)
}

/// A list in words: `a, b and c`.
pub(crate) fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Whether the text contains this label as a whole word.
pub(crate) fn names(text: &str, label: &str) -> bool {
    let is_apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(label).any(|(at, label)| {
        is_apart(text[..at].chars().next_back()) && is_apart(text[at + label.len()..].chars().next())
    })
}

/// The app that made a request, by its user.
pub(crate) fn app(intent: Option<&AppIntent>) -> String {
    intent.map_or_else(|| "the app".to_owned(), |intent| format!("{}'s app", intent.user))
}

/// The operation of a call to the vendor, by the contract's name, else by method and target.
pub(crate) fn operation(request: &Request) -> String {
    request.operation.clone().unwrap_or_else(|| format!("{} {}", request.method, request.target))
}

/// Whether proxies, logs and browsers expose this part of a message.
pub(crate) fn is_exposed(place: &MessagePart) -> bool {
    match place {
        MessagePart::Url => true,
        MessagePart::Header(name) => matches!(name.as_str(), "referer" | "user-agent" | "cookie"),
        MessagePart::Body => false,
    }
}

/// Whether the contract puts keys there.
pub(crate) fn is_key_place(place: &MessagePart, step: &Step) -> bool {
    let has = |wanted: &str| step.key_places.iter().any(|known| known == wanted);
    match place {
        MessagePart::Url => has("query"),
        MessagePart::Header(name) => has(name),
        MessagePart::Body => false,
    }
}

/// The vendor's reply by the contract's name, else by its status.
pub(crate) fn reply(answer: &Response) -> String {
    answer.reply.map_or_else(|| answer.status.to_string(), |reply| reply.to_string())
}
