//! The adapter: the thin program that lets Standin drive an SDK, or an app that embeds one.
//!
//! Whatever carries its messages, it is four calls: [`Adapter::about`] and [`Adapter::install`], and of an install
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

/// What an adapter may claim beside the names of optional commands.
pub const CAPABILITIES: &[&str] = &["storage:same", "storage:clone", "retry", "ca"];

/// An SDK, or an app, that can be installed and driven.
pub trait Adapter: Send + Sync {
    /// What it is and can do.
    fn about(&self) -> BoxFuture<'_, Result<About, AdapterError>>;

    /// Makes an install; nothing of it runs before it is launched.
    fn install(&self, setup: Setup) -> BoxFuture<'_, Result<Box<dyn Install>, AdapterError>>;
}

/// One install of it.
pub trait Install: Send + Sync {
    /// Carries a command out, and comes back when it is done. Several may be under way at once.
    fn run(&self, command: SdkCommand) -> BoxFuture<'_, Result<CommandResult, AdapterError>>;

    /// Gives it an order of a name that no adapter knows. One in this program can't be given such an order.
    fn run_unknown(&self, _command: &str) -> BoxFuture<'_, Result<CommandResult, AdapterError>> {
        Box::pin(std::future::ready(Ok(CommandResult::Unsupported {})))
    }

    /// Ends the install; its storage stays for those that are made with it.
    fn end(&self) -> BoxFuture<'_, Result<(), AdapterError>>;
}

/// Why an adapter can't be used any further. What an SDK answers to a command is no such thing: that is an [`CommandResult`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdapterError {
    /// It can't be reached, or it is gone.
    #[error("the adapter can't be reached: {0}")]
    Gone(String),
    /// It didn't answer in time: to what, and how long it had.
    #[error("the adapter did not answer {0}")]
    Silent(String),
    /// It answered something that the protocol doesn't know.
    #[error("the adapter broke the protocol: {0}")]
    Broken(String),
}
