//! The server as its clients meet it: over sockets, and through the handle that a test holds.

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
