//! The server as its clients meet it: over sockets, and through the handle that a test holds.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, also in what tests share")]

mod admin;
mod concurrency;
mod engine;
mod exchanges;
mod faults;
mod paths;
mod recording;
mod sandboxes;
mod server;
mod support;
mod vendors;
mod webhooks;
