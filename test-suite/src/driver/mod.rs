//! The driver: the description of a subject, the start of a backend, and the app's requests to it.

mod app;
mod backend;
mod config;
mod file;
mod process;
mod review;
mod sdk;

pub(crate) use app::{AppClient, NoAnswer, http_client, outcome as app_outcome, request as app_request, shown_login};
pub use app::{Ask, CallResponse, Impersonation, NAMES};
pub(crate) use backend::{ASK_AGAIN, Backend, Started, free_port};
pub use backend::{Halt, Launch};
pub use config::{
    BackendConfig, CallTable, CallTables, MockTable, Opaque, OutcomePlace, PersonalTable, SubjectTable, UserTable,
    WebhookTable,
};
pub use file::{ConfigError, VerifyFile};
pub(crate) use process::{Output, Process};
pub use sdk::{CarrierName, SdkTable};
