//! The history: one append-only, totally ordered record of all events in a sandbox.
//!
//! The first line is a [`Header`], each further line an [`Event`] (JSON Lines). Secret and personal values never
//! enter it. The [`Redactor`] replaces each by a placeholder such as `server_key#1[base64]`, and records the
//! placeholder beside the text. Rules read these records only.

mod commands;
mod delivery;
mod encoding;
mod event;
mod header;
mod jsonl;
mod personal;
mod redact;
mod schema;
mod search;
mod share;
mod tls;

pub use commands::{CLONE_OF, Call, Return};
pub use delivery::{Credentials, Delivered, Delivery};
pub use encoding::unpacked;
pub use event::{
    AppIntent, AppOutcome, Body, ClockChange, Event, Fate, FaultChange, InstallChange, KeyChange, Leg, Login,
    MessagePart, NamedIn, Placeholder, Request, Response, Step, SubjectChange, What,
};
pub use header::{ContractRef, HISTORY_VERSION, Header, Subject};
pub use jsonl::{History, ReadError, read, write_event, write_header};
pub use personal::Personal;
pub use redact::{Redactor, SearchHit};
pub use schema::history_schema;
pub use share::Share;
pub use tls::{TlsAttempt, TlsKind, TlsProgress};
