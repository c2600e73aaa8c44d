//! Keys in requests: read from, and written to, the place that the contract's security scheme names.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::contract::{Contract, KeyPlace, KeyScheme, Operation, WireRequest};
use crate::protocol::{Access, Guard, KeyKind};

impl Contract {
    /// The operation's security alternatives, with the key that the request carries for each scheme.
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

    /// Every key in the request that stands at the place of one of the contract's security schemes.
    pub fn keys_in(&self, request: &WireRequest) -> Vec<(KeyKind, String)> {
        self.schemes.iter().filter_map(|scheme| Some((scheme.kind, sent(scheme, request)?))).collect()
    }
}

/// The key at a scheme's place, without the scheme's prefix. None if it is absent or empty.
fn sent(scheme: &KeyScheme, request: &WireRequest) -> Option<String> {
    let value = match &scheme.place {
        KeyPlace::Bearer => authorization("bearer", request.header("authorization")?)?.to_owned(),
        KeyPlace::Basic => pair(authorization("basic", request.header("authorization")?)?)?,
        KeyPlace::Header(name) => request.header(name)?.to_owned(),
        KeyPlace::Query(name) => request.query().into_iter().find(|(known, _)| known == name)?.1,
    };
    let key = value.strip_prefix(&scheme.prefix).unwrap_or_default().trim();
    (!key.is_empty()).then(|| key.to_owned())
}

/// The token after the scheme's name in an `Authorization` value.
/// The name is case-insensitive (RFC 9110, section 11.1).
fn authorization<'v>(wanted: &str, value: &'v str) -> Option<&'v str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case(wanted).then(|| token.trim())
}

/// Decodes a Basic token to `user:password` (RFC 7617, section 2).
fn pair(token: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(token).ok()?).ok()
}

/// Adds a key to a request, at its scheme's place.
pub(super) fn put(scheme: &KeyScheme, key: &str, request: &mut WireRequest) {
    let value = format!("{}{key}", scheme.prefix);
    match &scheme.place {
        KeyPlace::Bearer => request.headers.push(("authorization".to_owned(), format!("Bearer {value}"))),
        KeyPlace::Basic => {
            request.headers.push(("authorization".to_owned(), format!("Basic {}", STANDARD.encode(value))));
        }
        KeyPlace::Header(name) => request.headers.push((name.clone(), value)),
        KeyPlace::Query(name) => super::query::add_query(&mut request.target, name, &value),
    }
}
