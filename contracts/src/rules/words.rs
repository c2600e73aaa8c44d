//! How findings name places, values and actors.

use crate::history::{AppIntent, MessagePart, Placeholder, Request, Response, Step};

/// A place as a reader would call it.
pub(crate) fn place(place: &MessagePart) -> String {
    match place {
        MessagePart::Url => "the URL".to_owned(),
        MessagePart::Header(name) => format!("the header {name}"),
        MessagePart::Body => "the body".to_owned(),
    }
}

/// `server_key#1 in the URL and credential#2 in the body`: each value with its place, once.
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

/// `a, b and c`.
pub(crate) fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// True if the text holds this label, and not only the beginning or end of a longer word.
pub(crate) fn names(text: &str, label: &str) -> bool {
    let is_apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(label).any(|(at, label)| {
        is_apart(text[..at].chars().next_back()) && is_apart(text[at + label.len()..].chars().next())
    })
}

/// Whose app it was.
pub(crate) fn app(intent: Option<&AppIntent>) -> String {
    intent.map_or_else(|| "the app".to_owned(), |intent| format!("{}'s app", intent.user))
}

/// A call to the vendor as its contract names it, else as it went over the wire.
pub(crate) fn operation(request: &Request) -> String {
    request.operation.clone().unwrap_or_else(|| format!("{} {}", request.method, request.target))
}

/// True for the places that proxies, logs and browsers show around.
pub(crate) fn is_exposed(place: &MessagePart) -> bool {
    match place {
        MessagePart::Url => true,
        MessagePart::Header(name) => matches!(name.as_str(), "referer" | "user-agent" | "cookie"),
        MessagePart::Body => false,
    }
}

/// True if the contract puts keys there.
pub(crate) fn is_key_place(place: &MessagePart, step: &Step) -> bool {
    let has = |wanted: &str| step.key_places.iter().any(|known| known == wanted);
    match place {
        MessagePart::Url => has("query"),
        MessagePart::Header(name) => has(name),
        MessagePart::Body => false,
    }
}

/// How the vendor answered, as its contract names it, else by the status.
pub(crate) fn reply(answer: &Response) -> String {
    answer.reply.map_or_else(|| answer.status.to_string(), |reply| reply.to_string())
}
