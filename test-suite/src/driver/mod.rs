//! The driver: the description of a subject, the start of a backend, and the app's requests to it.

mod app;
mod app_client;
mod backend;
mod config;
mod file;
mod impersonation;
mod process;
mod review;
mod sdk;

pub use app::{Ask, CallResponse};
pub(crate) use app::{outcome as app_outcome, request as app_request, shown_login};
pub(crate) use app_client::{AppClient, NoAnswer};
pub(crate) use backend::{ASK_AGAIN, Backend, Started, free_port};
pub use backend::{Halt, Launch};
pub use config::{
    BackendConfig, CallTable, CallTables, MockTable, Opaque, OutcomePlace, PersonalTable, SubjectTable, UserTable,
    WebhookTable,
};
pub use file::{ConfigError, VerifyFile};
pub use impersonation::{Impersonation, NAMES};
pub(crate) use process::{Output, Process};
pub use sdk::{CarrierName, SdkTable};
