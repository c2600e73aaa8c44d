//! Tests of contracts, codec and history that need files.

mod any_bytes;
mod any_contract;
pub(crate) mod bad_contracts;
mod codec;
mod codec_sdk;
mod exchanges;
mod generate;
mod history;
mod redaction;
mod schemas;
mod support;
mod vendors;
