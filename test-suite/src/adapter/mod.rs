//! The adapter: the thin program that lets Standin drive an SDK, or an app that embeds one.
//!
//! With every carrier it has four calls: [`Adapter::about`] and [`Adapter::install`], and for an install
//! [`Install::run`] and [`Install::end`].

mod http;
mod message;
pub mod probe;
mod remote;
mod schema;
mod start;
mod stdio;

use futures::future::BoxFuture;
pub use message::{About, CommandResult, Device, Kind, Retry, SdkCommand, SeenCall, Setup, Storage};
pub use remote::{AdapterAnswer, Ask};
pub use schema::adapter_schema;
pub use start::{Running, start};
pub use stdio::{AnswerLine, RequestLine};

/// The capabilities that an adapter may claim besides the names of optional commands.
pub const CAPABILITIES: &[&str] = &["storage:same", "storage:clone", "retry", "ca"];

/// An SDK or app that can be installed and driven.
pub trait Adapter: Send + Sync {
    /// The subject's name, kind and capabilities.
    fn about(&self) -> BoxFuture<'_, Result<About, AdapterError>>;

    /// Creates an install. Nothing of it runs before it is launched.
    fn install(&self, setup: Setup) -> BoxFuture<'_, Result<Box<dyn Install>, AdapterError>>;
}

/// One install of an SDK or app.
pub trait Install: Send + Sync {
    /// Carries a command out and returns its result. Several commands may be under way at once.
    fn run(&self, command: SdkCommand) -> BoxFuture<'_, Result<CommandResult, AdapterError>>;

    /// Gives the install a command whose name no adapter knows. An adapter in this program can't be given such a
    /// command.
    fn run_unknown(&self, _command: &str) -> BoxFuture<'_, Result<CommandResult, AdapterError>> {
        Box::pin(std::future::ready(Ok(CommandResult::Unsupported {})))
    }

    /// Ends the install. Its storage stays for later installs that are created from it.
    fn end(&self) -> BoxFuture<'_, Result<(), AdapterError>>;
}

/// Why an adapter can't be used any further. An SDK's answer to a command is a [`CommandResult`] instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdapterError {
    /// The adapter can't be reached, or has ended.
    #[error("the adapter can't be reached: {0}")]
    Gone(String),
    /// The adapter did not answer in time. The text names the request and the time limit.
    #[error("the adapter did not answer {0}")]
    Silent(String),
    /// The adapter answered something that the protocol does not define.
    #[error("the adapter broke the protocol: {0}")]
    Broken(String),
}
