//! Keys: taken from a request, and put into one, where the contract's security says.

use crate::contract::{Contract, KeyPlace, KeyScheme, Operation, WireRequest};
use crate::protocol::{Access, Guard, KeyKind};

impl Contract {
    /// The alternatives of keys that the operation asks for, with what the request brings for each.
    pub(super) fn access(&self, operation: &Operation, request: &WireRequest) -> Vec<Access> {
        let alternative = |uses: &Vec<crate::contract::SchemeUse>| {
            uses.iter()
                .map(|used| {
                    let scheme = &self.schemes[used.scheme];
                    Guard { kind: scheme.kind, sent: sent(scheme, request), scopes: used.scopes.clone() }
                })
                .collect()
        };
        operation.security.iter().map(alternative).collect()
    }

    /// Every key that the request brings where some operation of the contract looks for one.
    pub fn keys_in(&self, request: &WireRequest) -> Vec<(KeyKind, String)> {
        self.schemes.iter().filter_map(|scheme| Some((scheme.kind, sent(scheme, request)?))).collect()
    }
}

/// What a request brings in a scheme's place.
fn sent(scheme: &KeyScheme, request: &WireRequest) -> Option<String> {
    let value = match &scheme.place {
        KeyPlace::Bearer => bearer(request.header("authorization")?)?.to_owned(),
        KeyPlace::Header(name) => request.header(name)?.to_owned(),
        KeyPlace::Query(name) => request.query().into_iter().find(|(known, _)| known == name)?.1,
    };
    let key = value.strip_prefix(&scheme.prefix).unwrap_or_default().trim();
    (!key.is_empty()).then(|| key.to_owned())
}

/// The token of a bearer header; the scheme's name is read in any case (RFC 9110, section 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Puts a key into a request, in its scheme's place.
pub(super) fn put(scheme: &KeyScheme, key: &str, request: &mut WireRequest) {
    let value = format!("{}{key}", scheme.prefix);
    match &scheme.place {
        KeyPlace::Bearer => request.headers.push(("authorization".to_owned(), format!("Bearer {value}"))),
        KeyPlace::Header(name) => request.headers.push((name.clone(), value)),
        KeyPlace::Query(name) => super::query::add_query(&mut request.target, name, &value),
    }
}
