//! Checks of a file whose values have the right types. Each mistake is reported at the place of its value.

use std::collections::BTreeMap;

use standin_contracts::advice::near;
use standin_contracts::contract::Diagnostic;
use standin_contracts::protocol::Millis;
use toml::de::{DeTable, DeValue};

use super::config::{
    CallTable, CallTables, MockTable, PERSONAL_PLACEHOLDERS, PROBE_PLACEHOLDERS, SUBJECT_PLACEHOLDERS, SubjectTable,
    UserTable, WebhookTable,
};
use super::file::VerifyFile;
use super::sdk::{CarrierName, SDK_PLACEHOLDERS, SdkTable};

/// The time that a backend may need to answer its app in addition to its vendor timeout.
const BESIDES: Millis = Millis::from_secs(5);

/// The mistakes in values that have the right type.
pub(super) fn mistakes(file: &VerifyFile, text: &str) -> Vec<Diagnostic> {
    let mut review = Review { text, found: Vec::new() };
    match &file.subject {
        Some(subject) => review.backend(file, subject),
        None => review.without_backend(file),
    }
    file.sdk.iter().for_each(|sdk| review.sdk(sdk));
    review.mock(&file.mock);
    review.accepted(&file.accepted);
    review.found
}

/// Collects mistakes, each at the place of its value.
struct Review<'t> {
    text: &'t str,
    found: Vec<Diagnostic>,
}

impl Review<'_> {
    fn wrong(&mut self, path: &[&str], message: &str, help: &str) {
        self.found.push(Diagnostic::new(place(self.text, path), message, help));
    }

    fn backend(&mut self, file: &VerifyFile, subject: &SubjectTable) {
        self.subject(subject);
        self.placeholders(subject);
        self.users(&file.users);
        self.calls(&file.calls);
        file.webhook.iter().for_each(|webhook| self.webhook(webhook));
    }

    /// Reports tables that belong to a backend in a file that describes none.
    fn without_backend(&mut self, file: &VerifyFile) {
        if file.sdk.is_none() {
            let help = "add `[subject]` for a client backend, `[sdk]` for an SDK, or both";
            self.wrong(&[], "nothing is under test in this file", help);
            return;
        }
        let there = [
            ("users", !file.users.is_empty()),
            ("calls", file.calls.list().next().is_some()),
            ("webhook", file.webhook.is_some()),
        ];
        for (table, _) in there.iter().filter(|(_, there)| *there) {
            let help = "leave it out, or add `[subject]`: Standin plays the backend of an SDK that is tested alone";
            self.wrong(&[table], &format!("`{table}` belongs to a client backend, and none is described"), help);
        }
    }

    fn sdk(&mut self, sdk: &SdkTable) {
        match sdk.carrier {
            CarrierName::Stdio => self.talking(sdk),
            CarrierName::Http => self.serving(sdk),
        }
        if sdk.answers_within.get() == 0 {
            self.wrong(&["sdk", "answers_within"], "nobody answers at once", "such as `30s`");
        }
        if sdk.vendor_timeout.get() == 0 {
            self.wrong(&["sdk", "vendor_timeout"], "no vendor answers at once", "such as `30s`");
        }
        for (index, part) in sdk.start.iter().enumerate() {
            self.placeholders_of(part, &["sdk", "start", &index.to_string()], SDK_PLACEHOLDERS);
        }
        for (name, value) in &sdk.env {
            self.placeholders_of(value, &["sdk", "env", name], SDK_PLACEHOLDERS);
        }
    }

    /// Checks that an adapter over standard input and output has a program to start and no URL.
    fn talking(&mut self, sdk: &SdkTable) {
        if sdk.start.is_empty() {
            let help = "add `start`, the adapter's program and its arguments, such as `[\"python3\", \"adapter.py\"]`";
            self.wrong(&["sdk", "carrier"], "over standard input and output nothing can be running already", help);
        }
        if sdk.url.is_some() {
            let help = "leave it out, or write `carrier = \"http\"`";
            self.wrong(&["sdk", "url"], "over standard input and output there is no URL", help);
        }
    }

    fn serving(&mut self, sdk: &SdkTable) {
        let Some(url) = &sdk.url else {
            let help = "add `url`, where the adapter listens, such as `http://127.0.0.1:{port}`";
            self.wrong(&["sdk", "carrier"], "over HTTP there must be a URL", help);
            return;
        };
        if sdk.start.is_empty() && url.contains("{port}") {
            let help = "an adapter that is running already has a port: write it, or add `start`";
            self.wrong(&["sdk", "url"], "`{port}` has no meaning without `start`", help);
        }
        if !is_url(&url.replace("{port}", "80")) {
            self.wrong(&["sdk", "url"], "this is no HTTP URL", "such as `http://127.0.0.1:{port}`");
        }
    }

    fn subject(&mut self, subject: &SubjectTable) {
        let SubjectTable { start, url, ready, answers_within, vendor_timeout, .. } = subject;
        if start.is_empty() && url.contains("{port}") {
            let help = "a backend that is running already has a port: write it, or add `start`";
            self.wrong(&["subject", "url"], "`{port}` has no meaning without `start`", help);
        }
        if !is_url(&url.replace("{port}", "80")) {
            self.wrong(&["subject", "url"], "this is no HTTP URL", "such as `http://127.0.0.1:{port}`");
        }
        if answers_within.get() < vendor_timeout.get() + BESIDES.get() {
            let help = format!(
                "it waits {vendor_timeout} for its vendor: give it {} at least, or declare another `vendor_timeout`",
                Millis::new(vendor_timeout.get() + BESIDES.get())
            );
            self.wrong(&["subject", "answers_within"], "the backend has no time to tell its app of a timeout", &help);
        }
        if ready.as_ref().is_some_and(|path| !path.starts_with('/')) {
            self.wrong(&["subject", "ready"], "`ready` is no path", "a path begins with `/`, such as `/health`");
        }
    }

    /// Braces may have a meaning for the backend itself, so only a near match of a placeholder is a mistake.
    fn placeholders(&mut self, subject: &SubjectTable) {
        for (index, part) in subject.start.iter().enumerate() {
            self.placeholders_of(part, &["subject", "start", &index.to_string()], SUBJECT_PLACEHOLDERS);
        }
        for (name, value) in &subject.env {
            self.placeholders_of(value, &["subject", "env", name], SUBJECT_PLACEHOLDERS);
        }
    }

    fn placeholders_of(&mut self, text: &str, path: &[&str], known: &[&str]) {
        for word in text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(word, _)| word) {
            if !known.contains(&word)
                && let Some(advice) = near(word, known.iter().copied())
            {
                self.wrong(path, &format!("`{{{word}}}` stands for nothing"), &advice);
            }
        }
    }

    fn mock(&mut self, mock: &MockTable) {
        let MockTable { server_key, client_key, server_hash, .. } = mock;
        for (name, value) in [("server_key", server_key), ("client_key", client_key), ("server_hash", server_hash)] {
            if value.as_ref().is_some_and(String::is_empty) {
                self.wrong(&["mock", name], "this is empty", "leave it out, or write what the backend has");
            }
        }
    }

    fn users(&mut self, users: &[UserTable]) {
        if users.len() < 2 {
            self.wrong(&["users"], "there are not two users", "name at least two: most faults show between users");
        }
        for (index, user) in users.iter().enumerate() {
            let (place, before) = (index.to_string(), &users[..index]);
            if user.login.is_empty() {
                self.wrong(&["users", &place, "login"], "a login can't be empty", "write what the user's app shows");
            } else if before.iter().any(|other| other.login == user.login) {
                self.wrong(&["users", &place, "login"], "two users have this login", "each needs one of its own");
            }
            if before.iter().any(|other| other.name == user.name) {
                self.wrong(&["users", &place, "name"], "two users have this name", "each needs one of its own");
            }
        }
    }

    fn calls(&mut self, calls: &CallTables) {
        if calls.usual().next().is_none() {
            self.wrong(&["calls"], "there is no call", "add `[calls.credential]` or `[calls.read_back]`");
        }
        for (name, call) in calls.list() {
            self.call(name, call);
        }
    }

    fn webhook(&mut self, webhook: &WebhookTable) {
        let WebhookTable { path, username, password, app_id, probe } = webhook;
        if !path.starts_with('/') {
            self.wrong(&["webhook", "path"], "this is no path", "a path begins with `/`, such as `/webhook`");
        }
        if username.as_ref().is_some_and(|name| name.contains(':')) {
            let help = "the colon parts the user from the password: take another name";
            self.wrong(&["webhook", "username"], "a user's name can't have a colon", help);
        }
        for (name, value) in [("username", username), ("password", password), ("app_id", app_id)] {
            if value.as_ref().is_some_and(String::is_empty) {
                self.wrong(&["webhook", name], "this is empty", "leave it out, or write what the backend has");
            }
        }
        if let Some(probe) = probe {
            self.asks(&["webhook", "probe"], probe, PROBE_PLACEHOLDERS);
            if !mentions(probe, &["{login}", "{user}", "{id}", "{vendor_user}", "{message_user}"]) {
                let help = "put `{message_user}`, the id by which messages name the user, where the probe wants it";
                self.wrong(&["webhook", "probe"], "nothing in this call tells the user", help);
            }
        }
    }

    fn call(&mut self, name: &str, call: &CallTable) {
        if name == "sign_up" {
            if !mentions(call, &["{id}", "{user}"]) {
                let help =
                    "put `{id}` where the app names the id that the new user wants, such as `json = { id = \"{id}\" }`";
                self.wrong(&["calls", name], "nothing in this call tells who signs up", help);
            }
        } else if !mentions(call, &["{login}"]) {
            let help = "put `{login}` where the app shows who uses it, such as `Authorization = \"Bearer {login}\"`";
            self.wrong(&["calls", name], "nothing in this call tells the user", help);
        }
        self.asks(&["calls", name], call, PERSONAL_PLACEHOLDERS);
    }

    /// The checks that apply to every call. Mistakes are reported at the call's table.
    fn asks(&mut self, [table, name]: &[&str; 2], call: &CallTable, placeholders: &[&str]) {
        for (header, value) in &call.headers {
            self.placeholders_of(value, &[table, name, "headers", header], placeholders);
        }
        if !call.path.starts_with('/') {
            self.wrong(&[table, name, "path"], "this is no path", "a path begins with `/`");
        }
        if call.method.parse::<http::Method>().is_err() {
            self.wrong(&[table, name, "method"], "this is no HTTP method", "such as `POST`");
        }
        let pointers = [("outcome", call.outcome.pointer()), ("failed_if", call.failed_if.as_deref())];
        for (key, pointer) in pointers {
            if pointer.is_some_and(|pointer| !pointer.is_empty() && !pointer.starts_with('/')) {
                let help = "a pointer begins with `/`, such as `/token`; an outcome of \"\" is the whole body";
                self.wrong(&[table, name, key], "this is no JSON pointer", help);
            }
        }
    }

    fn accepted(&mut self, accepted: &BTreeMap<String, String>) {
        for (rule, reason) in accepted {
            if let Err(unknown) = standin_contracts::rules::find(rule) {
                self.wrong(&["accepted", rule], &unknown.to_string(), "`standin rules` lists them");
            }
            if reason.trim().is_empty() {
                self.wrong(&["accepted", rule], "this is accepted without a reason", "say why it can't be seen");
            }
        }
    }
}

/// Whether one of the placeholders occurs in the call.
fn mentions(call: &CallTable, placeholders: &[&str]) -> bool {
    let body = call.json.as_ref().map(ToString::to_string);
    let mut parts = call.headers.values().chain([&call.path]).chain(&body);
    parts.any(|part| placeholders.iter().any(|placeholder| part.contains(placeholder)))
}

fn is_url(text: &str) -> bool {
    let uri: Result<http::Uri, _> = text.parse();
    uri.is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
}

/// The place of a value in the file, or of the nearest enclosing value that is there.
fn place(text: &str, path: &[&str]) -> std::ops::Range<usize> {
    let Ok(table) = DeTable::parse(text) else { return 0..0 };
    let mut span = 0..0;
    let mut here = DeValue::Table(table.into_inner());
    for part in path {
        let below = match here {
            DeValue::Table(mut table) => table.remove(*part),
            DeValue::Array(items) => part.parse().ok().and_then(|index| items.into_iter().nth(index)),
            _ => None,
        };
        let Some(below) = below else { break };
        span = below.span();
        here = below.into_inner();
    }
    span
}
