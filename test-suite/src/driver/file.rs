//! The user's file that describes the subject of a run: a client backend, an SDK, or both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::contract::{Diagnostic, InvalidFile};

use super::config::{BackendConfig, CallTables, MockTable, SubjectTable, UserTable, WebhookTable};
use super::review;
use super::sdk::SdkTable;

/// The subject that `standin verify` drives and judges: a client backend, an SDK, or both.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyFile {
    /// The vendor whose protocol they speak: the name of a shipped vendor, or the path of a contract file.
    pub vendor: String,
    /// The client backend.
    pub subject: Option<SubjectTable>,
    /// The SDK, or the app that embeds it.
    pub sdk: Option<SdkTable>,
    /// Settings of the mock, for a subject that has its address and keys fixed.
    #[serde(default)]
    pub mock: MockTable,
    /// The users that the backend knows; at least two.
    #[serde(default)]
    pub users: Vec<UserTable>,
    /// The calls that the backend's app makes; at least one.
    #[serde(default)]
    pub calls: CallTables,
    /// The backend's receiver of the vendor's webhooks, if it has one.
    pub webhook: Option<WebhookTable>,
    /// The required rules that may stay not exercised, each with the reason.
    #[serde(default)]
    pub accepted: BTreeMap<String, String>,
}

/// The reason why a file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("can't read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file's content is wrong.
    #[error("{0}")]
    Wrong(Box<InvalidFile>),
}

impl VerifyFile {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::parse(&path.display().to_string(), &text).map_err(|refused| ConfigError::Wrong(Box::new(refused)))
    }

    /// Parses a file's text. `file` is its name in diagnostics.
    pub fn parse(file: &str, text: &str) -> Result<Self, InvalidFile> {
        let read: Self = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let (message, help) = explain(error.message());
            InvalidFile::new(file, text, vec![Diagnostic::new(span, message, help)])
        })?;
        let mistakes = review::mistakes(&read, text);
        if mistakes.is_empty() { Ok(read) } else { Err(InvalidFile::new(file, text, mistakes)) }
    }

    /// The client backend that the file describes, if it describes one.
    pub fn backend(self) -> Option<BackendConfig> {
        let Self { vendor, subject, users, calls, webhook, .. } = self;
        Some(BackendConfig { vendor, subject: subject?, users, calls, webhook })
    }
}

/// Splits a message of the TOML parser into the mistake and the advice.
fn explain(said: &str) -> (String, String) {
    match said.split_once(", expected ") {
        Some((wrong, right)) => (wrong.to_owned(), format!("expected {right}")),
        None if said == "invalid socket address syntax" => (
            "this is no address to listen on".to_owned(),
            "an IP address and a port, such as `127.0.0.1:7357`".to_owned(),
        ),
        None => (said.to_owned(), "the file's form is shown by `standin schema verify`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::CarrierName;

    #[test]
    fn a_file_with_the_least_is_enough() {
        let text = r#"
            vendor = "sentiance"
            subject = { name = "mine", url = "http://127.0.0.1:8080" }
            users = [{ name = "a", login = "1" }, { name = "b", login = "2" }]
            [calls.credential]
            path = "/code"
            headers = { cookie = "{login}" }
            outcome = "/code"
        "#;
        let config = VerifyFile::parse("mine.toml", text).expect("a good file").backend().expect("a backend");
        assert_eq!((config.calls.usual().count(), config.calls.list().count()), (1, 1));
    }

    #[test]
    fn a_file_may_describe_an_sdk_alone() {
        let text = r#"
            vendor = "sentiance"
            sdk = { name = "mine", carrier = "stdio", start = ["adapter"] }
        "#;
        let file = VerifyFile::parse("mine.toml", text).expect("a good file");
        assert_eq!(file.sdk.as_ref().map(|sdk| sdk.carrier), Some(CarrierName::Stdio));
        assert!(file.backend().is_none());
    }

    #[test]
    fn a_file_may_describe_a_backend_and_an_sdk() {
        let text = r#"
            vendor = "sentiance"
            subject = { name = "mine", url = "http://127.0.0.1:8080" }
            sdk = { name = "mine", carrier = "http", url = "http://127.0.0.1:8000" }
            users = [{ name = "a", login = "1" }, { name = "b", login = "2" }]
            [calls.credential]
            path = "/code"
            headers = { cookie = "{login}" }
            outcome = "/code"
        "#;
        let file = VerifyFile::parse("mine.toml", text).expect("a good file");
        assert!(file.sdk.is_some() && file.backend().is_some());
    }
}
