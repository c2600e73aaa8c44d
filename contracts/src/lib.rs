//! Standin is a stateful mock server for SDK vendors' backends and a conformance test suite for the client backends,
//! SDKs and apps that talk to them. The suite has scripted scenarios, property-based tests and wire snapshots.
//!
//! This crate is its pure core: no I/O, no async, no clock. It defines what a vendor promises and what its clients owe.
//! The mock server, the reference clients and the test suite build on it.
//!
//! * [`protocol`]: the canonical vocabulary: commands, replies, fields;
//! * [`contract`]: a vendor's OpenAPI document, loaded, checked and compiled;
//! * [`codec`]: HTTP messages to canonical calls and replies, and back;
//! * [`history`]: the record of all events in a sandbox, redacted as it is written;
//! * [`requirements`]: the requirements, each with its level, its source and the rules that judge it;
//! * [`rules`]: the judge: one rule a file, each a fold over one history;
//! * [`schemas`]: the published JSON Schemas of Standin's own formats.

pub mod advice;
pub mod codec;
pub mod contract;
pub mod history;
pub mod protocol;
pub mod requirements;
pub mod rules;
pub mod schemas;
