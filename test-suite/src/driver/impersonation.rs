//! The requests of an app that tries to act as another user: the victim's id in one place, and all else honest.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use standin_contracts::history::NamedIn;

use super::app::fill_json;
use super::config::{CallTable, UserTable};

/// The names under which backends may read a user's id from a query, a cookie or a body.
pub const NAMES: &[&str] = &[
    "user_id",
    "userId",
    "userID",
    "user",
    "username",
    "id",
    "uid",
    "sub",
    "external_id",
    "externalId",
    "customer_id",
    "customerId",
    "account_id",
    "accountId",
];
/// The header fields from which backends may read a user's id.
const HEADERS: &[&str] = &["x-user-id", "x-userid", "x-user", "x-customer-id", "x-external-id", "user-id"];

/// The characters of an id that are escaped in a path or query.
pub(super) const ID_IN_URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// An app's try to act as another user.
#[derive(Debug, Clone, Copy)]
pub struct Impersonation<'u> {
    /// The other user.
    pub victim: &'u UserTable,
    /// The id that the app sends for that user.
    pub id: &'u str,
    /// The place in which it sends the id. All else is as in an honest request.
    pub place: NamedIn,
    /// The only name under which it sends the id; `None` for every usual one.
    pub name: Option<&'static str>,
}

impl Impersonation<'_> {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        NAMES.iter().copied().filter(|name| self.name.is_none_or(|only| only == *name))
    }

    /// The victim's id under each name, as in a query, a form or a cookie.
    pub(super) fn pairs(&self, between: &str) -> String {
        let id = utf8_percent_encode(self.id, NON_ALPHANUMERIC).to_string();
        self.names().map(|name| format!("{name}={id}")).collect::<Vec<_>>().join(between)
    }

    pub(super) fn in_query(&self, target: &str) -> String {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        // Of two values with one name, most backends take the first or the last. The victim's id is both.
        let own = query.split('&').filter(|pair| !pair.is_empty() && !self.names().any(|name| name_of(pair) == name));
        let pairs: Vec<&str> = own.collect();
        let named = self.pairs("&");
        format!(
            "{path}?{}",
            [pairs.join("&"), named].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&")
        )
    }

    /// Fields of the call that hold the app's own id hold the victim's, and so do the usual ones.
    pub(super) fn in_headers(
        &self,
        call: &CallTable,
        as_victim: &impl Fn(&str) -> String,
        headers: &mut Vec<(String, String)>,
    ) {
        for (name, value) in call.headers.iter().filter(|(_, value)| holds_id(value)) {
            let name = name.to_ascii_lowercase();
            headers.retain(|(known, _)| *known != name);
            headers.push((name, as_victim(value)));
        }
        for name in HEADERS {
            if !headers.iter().any(|(known, _)| known == name) {
                headers.push(((*name).to_owned(), self.id.to_owned()));
            }
        }
    }

    pub(super) fn in_cookies(&self, headers: &mut Vec<(String, String)>) {
        let named = self.pairs("; ");
        match headers.iter_mut().find(|(name, _)| name == "cookie") {
            Some((_, own)) => *own = format!("{own}; {named}"),
            None => headers.push(("cookie".to_owned(), named)),
        }
    }

    /// The path with the victim's id where the call has the app's own, or else behind it.
    pub(super) fn in_path(&self, call: &CallTable, target: &str, as_victim: impl Fn(&str) -> String) -> String {
        let (path, query) = call.path.split_once('?').unwrap_or((&call.path, ""));
        if holds_id(path) {
            let query = if query.is_empty() { String::new() } else { format!("?{query}") };
            return as_victim(&format!("{}{query}", path.replace("{user}", "{id}")));
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let id = utf8_percent_encode(self.id, ID_IN_URL);
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        format!("{}/{id}{query}", path.trim_end_matches('/'))
    }

    /// The body of the call, with the victim's id where it has the app's own, and under the usual names.
    pub(super) fn in_json(&self, call: &CallTable, as_victim: &impl Fn(&str) -> String) -> Value {
        let body = call.json.clone().map(|value| fill_json(value, as_victim));
        let Some(Value::Object(mut members)) = body.or_else(|| Some(Value::Object(serde_json::Map::new()))) else {
            return Value::Object(self.names().map(|name| (name.to_owned(), Value::from(self.id))).collect());
        };
        let is_own = call.json.as_ref().is_some_and(|json| holds_id(&json.to_string()));
        if !is_own || self.name.is_none() {
            members.extend(self.names().map(|name| (name.to_owned(), Value::from(self.id))));
        }
        Value::Object(members)
    }

    /// Whether the victim's id in one member of the body is all that differs from an honest request.
    pub(super) fn is_alone_in(&self, call: &CallTable) -> bool {
        self.name.is_some() && matches!(call.json, Some(Value::Object(_)))
    }
}

fn name_of(pair: &str) -> &str {
    pair.split('=').next().unwrap_or(pair)
}

/// Whether a text of a call has the app's own id in it.
fn holds_id(text: &str) -> bool {
    text.contains("{id}") || text.contains("{user}")
}
