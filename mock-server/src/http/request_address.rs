//! Request addresses, read from a path, and the answers to paths that lead to no operation.

use std::sync::Arc;

use serde_json::json;
use standin_contracts::contract::{Contract, Operation, Route, WireRequest, WireResponse};

use super::App;
use crate::sandbox::{Sandbox, SandboxError};

/// The path segment before the name of a sandbox.
const SANDBOX_PREFIX: &str = "s";
/// The path segment before the label of an install.
const INSTALL_PREFIX: &str = "i";

/// The sandbox, install and vendor of a request, as far as its path names them.
#[derive(Debug, Default)]
pub(super) struct RequestAddress {
    pub(super) sandbox: Option<Sandbox>,
    /// The label of the install whose base URL was used.
    pub(super) install: Option<String>,
    /// The vendor's index among those served.
    pub(super) vendor: Option<usize>,
}

/// A request that leads to no operation: its address as far as it is known, and the answer that lists what exists.
#[derive(Debug)]
pub(super) struct RouteError {
    pub(super) address: RequestAddress,
    pub(super) answer: WireResponse,
}

impl RequestAddress {
    /// Splits `/s/<sandbox>/i/<install>/<vendor>/...` into its address, the vendor's index, and the vendor's own path
    /// and query. Sandbox and install are optional. The vendor is left out if only one is served.
    pub(super) fn of(app: &App, target: &str) -> Result<(Self, usize, String), RouteError> {
        let (sandbox, rest) = match first_segment(target) {
            (SANDBOX_PREFIX, rest) => named_sandbox(app, rest)?,
            _ => (None, target),
        };
        let (install, rest) = match first_segment(rest) {
            (INSTALL_PREFIX, rest) => {
                let (name, below) = first_segment(rest);
                (Some(name.to_owned()), below)
            }
            _ => (None, rest),
        };
        let (name, below) = first_segment(rest);
        let named = app.contracts.iter().position(|contract| contract.vendor == name);
        let (vendor, path) = match (named, app.contracts.len()) {
            (Some(vendor), _) => (vendor, below),
            (None, 1) => (0, rest),
            (None, _) => {
                let address = Self { sandbox, install, vendor: None };
                return Err(RouteError { address, answer: unknown_vendor(app, name) });
            }
        };
        Ok((Self { sandbox, install, vendor: Some(vendor) }, vendor, path.to_owned()))
    }
}

fn named_sandbox<'t>(app: &App, rest: &'t str) -> Result<(Option<Sandbox>, &'t str), RouteError> {
    let (name, below) = first_segment(rest);
    match app.sandboxes.get(name) {
        Ok(sandbox) => Ok((Some(sandbox), below)),
        Err(error) => Err(RouteError { address: RequestAddress::default(), answer: unknown_sandbox(&error) }),
    }
}

/// A path's first segment, and the rest from the following slash on.
fn first_segment(target: &str) -> (&str, &str) {
    let path = target.strip_prefix('/').unwrap_or(target);
    let end = path.find(['/', '?']).unwrap_or(path.len());
    let rest = &path[end..];
    (&path[..end], if rest.is_empty() { "/" } else { rest })
}

/// An operation, with the parameters of the path that named it.
type Matched<'c> = (&'c Operation, Vec<(String, String)>);

/// Returns the operation that a request calls, or else the answer that lists what exists.
pub(super) fn operation<'c>(contract: &'c Contract, wire: &WireRequest) -> Result<Matched<'c>, WireResponse> {
    match contract.route(&wire.method, wire.path()) {
        Route::Found { operation, parameters } => Ok((operation, parameters)),
        Route::WrongMethod { allowed } => Err(wrong_method(wire, &allowed)),
        Route::Unknown => Err(unknown_path(contract, wire)),
    }
}

fn wrong_method(wire: &WireRequest, allowed: &[&str]) -> WireResponse {
    let allowed = allowed.join(", ");
    let detail = format!("{} takes {allowed}, not {}", wire.path(), wire.method);
    let mut answer = expecting(405, "method not allowed", &detail, &[]);
    answer.headers.push(("allow".to_owned(), allowed));
    answer
}

fn unknown_path(contract: &Contract, wire: &WireRequest) -> WireResponse {
    let lines: Vec<String> = contract.operations.iter().map(Operation::line).collect();
    let detail = format!("{} has no {} {}; see `expected` for what it has", contract.vendor, wire.method, wire.path());
    expecting(404, "no such operation", &detail, &lines)
}

fn unknown_vendor(app: &App, name: &str) -> WireResponse {
    let paths: Vec<String> =
        app.contracts.iter().map(|contract: &Arc<Contract>| format!("/{}/", contract.vendor)).collect();
    let detail = format!("no vendor `{name}` is served here; a path begins with one of `expected`");
    expecting(404, "no such vendor", &detail, &paths)
}

fn unknown_sandbox(error: &SandboxError) -> WireResponse {
    expecting(404, "no such sandbox", &error.to_string(), &[])
}

/// A problem document (RFC 9457) that lists what would have been right.
pub(super) fn expecting(status: u16, title: &str, detail: &str, expected: &[String]) -> WireResponse {
    let mut body = json!({"type": "about:blank", "title": title, "status": status, "detail": detail});
    if !expected.is_empty() {
        body["expected"] = expected.into();
    }
    WireResponse {
        status,
        headers: vec![("content-type".to_owned(), "application/problem+json".to_owned())],
        body: body.to_string().into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::first_segment;

    #[test]
    fn a_path_is_split_after_its_first_segment() {
        assert_eq!(first_segment("/finbox/v2/risk?a=/b"), ("finbox", "/v2/risk?a=/b"));
        assert_eq!(first_segment("/finbox?a=1"), ("finbox", "?a=1"));
        assert_eq!(first_segment("/"), ("", "/"));
        assert_eq!(first_segment("//x"), ("", "/x"));
    }
}
