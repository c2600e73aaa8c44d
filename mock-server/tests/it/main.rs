//! The server from outside: over sockets, and through the handle that a test has.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, also in what tests share")]

mod admin;
mod attacks;
mod browsers;
mod concurrency;
mod engine;
mod engine_cases;
mod engine_model;
mod engine_model_access;
mod engine_model_sdk;
mod engine_properties;
mod engine_sdk;
mod engine_total;
mod exchanges;
mod faults;
mod interleavings;
mod interleavings_sdk;
mod needs;
mod paths;
mod recording;
mod refused_keys;
mod sandboxes;
mod server;
mod support;
mod tls;
mod vendor_under_test;
mod vendors;
mod webhooks;
