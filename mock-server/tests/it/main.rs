//! The server as its clients meet it: over sockets, and through the handle that a test holds.

mod support;
mod vendors;
