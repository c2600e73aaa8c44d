//! The conformance test suite of Standin: scripted scenarios, property-based tests and wire snapshots for client
//! backends, SDKs and apps.
//!
//! Standin is a stateful **mock server** for SDK vendors' backends and a **conformance test suite** for the client
//! backends, SDKs and apps that talk to them. This crate is the test suite. It drives a subject against the mock
//! server, records the traffic, judges it by the rules and reports the findings.
//!
//! * [`driver`]: how a subject is described, started and called;
//! * [`reference`]: a conforming client backend, driven by any contract;
//! * [`variants`] and [`mutants`]: conforming variants of it, and mutants with one mistake each;
//! * [`reference_sdk`]: a conforming SDK, driven by any contract through its [`adapter`];
//! * [`sdk_variants`] and [`sdk_mutants`]: conforming variants of it, and mutants with one mistake each;
//! * [`reference_app`]: a conforming app around the reference SDK;
//! * [`app_mutants`]: mutants of it with one mistake each;
//! * [`backend_harness`] and [`scenarios`]: scripted sequences of events for a client backend;
//! * [`sdk`]: the harness and scenarios for SDKs and apps;
//! * [`network`]: what carries requests between references and mock in place of sockets;
//! * [`run`]: one run from start to verdict;
//! * [`live_judge`]: a mock's sandboxes, judged while they are used;
//! * [`recorded`]: verdicts on a history that was recorded before;
//! * [`snapshot`]: the traffic of each scenario, kept in files and compared;
//! * [`property_tests`]: generated cases, confirmed, shrunk and kept as regression files;
//! * [`report`]: the run's document and how it is written.

pub mod adapter;
pub mod app_mutants;
pub mod backend_harness;
pub mod driver;
mod exercise;
mod flood;
mod judging;
pub mod live_judge;
pub mod mutants;
pub mod network;
mod outcome;
pub mod property_tests;
pub mod recorded;
pub mod reference;
pub mod reference_app;
pub mod reference_sdk;
pub mod report;
pub mod run;
pub mod scenarios;
pub mod sdk;
pub mod sdk_mutants;
pub mod sdk_variants;
pub mod snapshot;
mod time;
pub mod variants;
