//! What a vendor promises and what its clients owe.
//!
//! Everything here is pure: no I/O, no async, no clock. The mock server, the reference clients and the judge all stand
//! on it, so what is wrong here is wrong everywhere at once.
//!
//! * [`protocol`]: the canonical words: commands, replies, fields;
//! * [`history`]: the record of all that was said, redacted as it is written;
//! * [`requirements`]: the requirements, each with its source, and the rules that judge them;
//! * [`rules`]: the judge: one rule a file, each a fold over one history.

pub mod advice;
pub mod codec;
pub mod contract;
pub mod history;
pub mod protocol;
pub mod requirements;
pub mod rules;
