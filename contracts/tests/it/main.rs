//! Everything about contracts, codec and history that needs files.

mod bad_contracts;
mod codec;
mod exchanges;
mod history;
mod support;
mod vendors;
