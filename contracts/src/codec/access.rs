//! Keys: taken from a request, and put into one, where the contract's security says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::contract::{Contract, KeyPlace, KeyScheme, Operation, WireRequest};
use crate::protocol::{Access, Guard, KeyKind};

impl Contract {
    /// The alternatives of keys that the operation asks for, with what the request submits for each.
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

    /// Every key that the request submits where some operation of the contract looks for one.
    pub fn keys_in(&self, request: &WireRequest) -> Vec<(KeyKind, String)> {
        self.schemes.iter().filter_map(|scheme| Some((scheme.kind, sent(scheme, request)?))).collect()
    }
}

/// What a request submits in a scheme's place.
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

/// What stands behind a scheme's name, which is read in any case (RFC 9110, section 11.1).
fn authorization<'v>(wanted: &str, value: &'v str) -> Option<&'v str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case(wanted).then(|| token.trim())
}

/// User and password with a colon between them (RFC 7617, section 2).
fn pair(token: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(token).ok()?).ok()
}

/// Puts a key into a request, in its scheme's place.
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
