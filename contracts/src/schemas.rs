//! The published JSON Schemas of Standin's own formats, as text. Tests generate them from the types, so that the program
//! needs no generator.

/// The annotations of a contract.
pub const CONTRACT: &str = include_str!("../schemas/contract.json");
/// The TOML file for `standin verify`.
pub const VERIFY: &str = include_str!("../schemas/verify.json");
/// The TOML file with settings for `standin serve`.
pub const SERVE: &str = include_str!("../schemas/serve.json");
/// The JSON report of `standin verify` and `standin check`.
pub const REPORT: &str = include_str!("../schemas/report.json");
/// The lines of a history.
pub const HISTORY: &str = include_str!("../schemas/history.json");
/// The messages between Standin and an SDK's adapter.
pub const ADAPTER: &str = include_str!("../schemas/adapter.json");
