//! An adapter behind a carrier: the requests to it and the meaning of its answers, alike for all carriers.

use futures::future::BoxFuture;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{About, Adapter, AdapterError, CommandResult, Install, SdkCommand, Setup};

/// The path of the adapter itself. Its installs have paths of their own.
pub(super) const ENTRY: &str = "/";

/// The length to which a wrong answer is quoted in an error, in characters.
const SHOWN: usize = 200;

/// A request to an adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ask {
    /// `GET`, `POST` or `DELETE`.
    pub method: String,
    /// `/` for the adapter itself, or the path of an install.
    pub path: String,
    /// The body: the setup of a new install, or a command for an install.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// An answer of an adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AdapterAnswer {
    /// The status: 200, or 201 for a new install.
    pub status: u16,
    /// The path of the new install.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The body: the adapter's description or a command's result. A body that is not JSON is kept as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// The transport of requests to an adapter and of its answers.
pub(super) trait Carrier: Send + Sync {
    /// Sends a request and waits for the answer until the carrier's time limit. Several may be under way at once.
    fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<AdapterAnswer, AdapterError>>;

    /// The path that a `Location` header names. The error says what would be right.
    fn path(&self, location: &str) -> Result<String, String>;
}

/// An adapter that is reached through a carrier.
#[derive(Clone)]
pub(super) struct Remote {
    carrier: Arc<dyn Carrier>,
}

impl Remote {
    pub(super) fn new(carrier: Arc<dyn Carrier>) -> Self {
        Self { carrier }
    }

    async fn make(&self, setup: Setup) -> Result<Box<dyn Install>, AdapterError> {
        let ask = Ask::new("POST", ENTRY, Some(json(&setup)?));
        let name = ask.to_string();
        let told = self.carrier.ask(ask).await?;
        let Some(location) = told.location.as_deref().filter(|_| told.status == 201) else {
            let place = told.location.as_ref().map_or("no `Location`", |_| "a `Location`");
            return Err(
                told.broken(&name, &format!("201 with the install's `Location`, not {} with {place},", told.status))
            );
        };
        let path = self.carrier.path(location).map_err(|wrong| {
            AdapterError::Broken(format!("{name} was answered with the `Location` `{location}`: {wrong}"))
        })?;
        Ok(Box::new(RemoteInstall { carrier: self.carrier.clone(), path }))
    }
}

impl Adapter for Remote {
    fn about(&self) -> BoxFuture<'_, Result<About, AdapterError>> {
        Box::pin(async {
            let ask = Ask::new("GET", ENTRY, None);
            let name = ask.to_string();
            let right = "200 with its `name`, `kind` and `capabilities`";
            self.carrier.ask(ask).await?.read(&name, right)
        })
    }

    fn install(&self, setup: Setup) -> BoxFuture<'_, Result<Box<dyn Install>, AdapterError>> {
        Box::pin(self.make(setup))
    }
}

struct RemoteInstall {
    carrier: Arc<dyn Carrier>,
    path: String,
}

impl RemoteInstall {
    async fn command(&self, command: Value) -> Result<CommandResult, AdapterError> {
        let ask = Ask::new("POST", &self.path, Some(command));
        let name = ask.to_string();
        let told = self.carrier.ask(ask).await?;
        match (told.status, &told.body) {
            // Test services in LaunchDarkly's form answer so to an unknown command, and send no body.
            (400 | 501, _) => Ok(CommandResult::Unsupported {}),
            (200 | 202 | 204, None) => Ok(CommandResult::done()),
            (404, _) => Err(AdapterError::Gone(format!("{name} was answered with 404: it knows this install no more"))),
            _ => told.read(&name, "200 with a result such as `{\"result\":\"done\"}`"),
        }
    }
}

impl Install for RemoteInstall {
    fn run(&self, command: SdkCommand) -> BoxFuture<'_, Result<CommandResult, AdapterError>> {
        Box::pin(async move { self.command(json(&command)?).await })
    }

    fn run_unknown(&self, command: &str) -> BoxFuture<'_, Result<CommandResult, AdapterError>> {
        let command = json!({ "command": command });
        Box::pin(self.command(command))
    }

    fn end(&self) -> BoxFuture<'_, Result<(), AdapterError>> {
        Box::pin(async {
            let ask = Ask::new("DELETE", &self.path, None);
            let name = ask.to_string();
            let told = self.carrier.ask(ask).await?;
            if matches!(told.status, 200 | 202 | 204) { Ok(()) } else { Err(told.broken(&name, "200 or 204")) }
        })
    }
}

impl Ask {
    pub(super) fn new(method: &str, path: &str, body: Option<Value>) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), body }
    }
}

/// The request as errors show it: method, path and command.
impl std::fmt::Display for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{} {}`", self.method, self.path)?;
        match self.body.as_ref().and_then(|body| body["command"].as_str()) {
            Some(command) => write!(f, " (`{command}`)"),
            None => Ok(()),
        }
    }
}

impl AdapterAnswer {
    /// Reads the body of an answer with status 200.
    fn read<T: DeserializeOwned>(&self, asked: &str, right: &str) -> Result<T, AdapterError> {
        if self.status != 200 {
            return Err(self.broken(asked, right));
        }
        let body = self.body.clone().unwrap_or_default();
        serde_json::from_value(body)
            .map_err(|error| AdapterError::Broken(format!("{} ({error})", self.wrong(asked, right))))
    }

    fn broken(&self, asked: &str, right: &str) -> AdapterError {
        AdapterError::Broken(self.wrong(asked, right))
    }

    /// The error text: the answer, and what would have been right.
    fn wrong(&self, asked: &str, right: &str) -> String {
        let status = self.status;
        let body = match &self.body {
            None => "an empty body".to_owned(),
            Some(Value::String(text)) => format!("`{}`", shown(text)),
            Some(value) => format!("`{}`", shown(&value.to_string())),
        };
        format!("{asked} was answered with status {status} and {body}; {right} was expected")
    }
}

/// The beginning of a text, for quotation in an error.
pub(super) fn shown(text: &str) -> String {
    let start: String = text.trim().chars().take(SHOWN).collect();
    if start.len() < text.trim().len() { format!("{start}…") } else { start }
}

fn json(value: &impl Serialize) -> Result<Value, AdapterError> {
    serde_json::to_value(value).map_err(|error| AdapterError::Broken(format!("this can't be asked: {error}")))
}
