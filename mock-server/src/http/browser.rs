//! What browsers do by themselves: they ask whether a page may call an operation of another origin, fetch an icon, and
//! show a person an address. None of it is the protocol.

use standin_contracts::contract::{Contract, Operation, Route, WireRequest, WireResponse};
use standin_contracts::protocol::{Cors, KeyKind};

/// The header fields of an answer that a page may read, besides the few that it always may.
const EXPOSED: &str = "Retry-After, Date, Standin-Mock, Standin-Expected, Standin-Fault";

/// Whether a page of another origin may call an operation.
fn is_open(contract: &Contract, operation: &Operation) -> bool {
    match contract.facts.cors.value {
        Cors::All => true,
        Cors::Sdk => !operation.asks_for(KeyKind::Server, &contract.schemes),
        Cors::Nothing => false,
    }
}

/// Whether a request asks on a browser's behalf if it may make another. Only such a question can be a preflight, and it
/// carries nothing out.
pub(super) fn is_preflight(wire: &WireRequest) -> bool {
    wire.method == "OPTIONS" && wire.header("access-control-request-method").is_some()
}

/// The answer to a preflight of an operation that pages may call. `None` for everything else.
pub(super) fn preflight(contract: &Contract, wire: &WireRequest) -> Option<WireResponse> {
    let method = wire.header("access-control-request-method").filter(|_| is_preflight(wire))?;
    let Route::Found { operation, .. } = contract.route(method, wire.path()) else { return None };
    if !is_open(contract, operation) {
        return None;
    }
    let mut headers = vec![
        ("access-control-allow-methods".to_owned(), method.to_owned()),
        ("access-control-max-age".to_owned(), "600".to_owned()),
    ];
    let asked = wire.header("access-control-request-headers");
    headers.extend(asked.map(|asked| ("access-control-allow-headers".to_owned(), asked.to_owned())));
    headers.extend(allowed_origin(wire.header("origin")));
    Some(WireResponse { status: 204, headers, body: Vec::new() })
}

/// The header fields by which a page may read the answer to a request, also that of a fault, or one to a request that
/// can't be read. Empty unless a page asked.
pub(super) fn readable(contract: &Contract, wire: &WireRequest) -> Vec<(String, String)> {
    let Some(origin) = wire.header("origin") else { return Vec::new() };
    match contract.route(&wire.method, wire.path()) {
        Route::Found { operation, .. } if is_open(contract, operation) => {
            let exposed = ("access-control-expose-headers".to_owned(), EXPOSED.to_owned());
            allowed_origin(Some(origin)).into_iter().chain([exposed]).collect()
        }
        _ => Vec::new(),
    }
}

fn allowed_origin(origin: Option<&str>) -> Vec<(String, String)> {
    let Some(origin) = origin else { return Vec::new() };
    vec![("access-control-allow-origin".to_owned(), origin.to_owned()), ("vary".to_owned(), "Origin".to_owned())]
}

/// Whether a browser shows a person the answer to a request.
pub(super) fn is_shown(wire: &WireRequest) -> bool {
    wire.header("sec-fetch-dest").is_some_and(|dest| dest.eq_ignore_ascii_case("document"))
}

/// Whether a request at no operation of a vendor fetches the icon that a browser asks every server for.
pub(super) fn is_icon(wire: &WireRequest) -> bool {
    wire.method == "GET" && wire.path().ends_with("/favicon.ico")
}
