//! The driver: how the backend under test is described, started, and spoken to as its app would.

mod app;
mod backend;
mod config;
mod process;
mod review;

pub use app::{Answer, Ask};
pub(crate) use app::{AppClient, NoAnswer, http_client, outcome as app_outcome, request as app_request, shown_login};
pub(crate) use backend::{Backend, Started};
pub use backend::{Halt, Launch};
pub use config::{
    BackendConfig, CallTable, CallTables, ConfigError, MockTable, PersonalTable, SubjectTable, UserTable, WebhookTable,
};
