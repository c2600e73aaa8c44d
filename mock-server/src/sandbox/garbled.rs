//! Credentials that no receiver can make sense of.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use standin_contracts::contract::WireRequest;
use standin_contracts::history::Credentials;

/// Replaces the credentials in a request. They are what it has and `bare`, the same request without a key, has not.
pub(super) fn garble(wire: &mut WireRequest, bare: &WireRequest, credentials: Credentials) {
    let shown: Vec<usize> = (0..wire.headers.len()).filter(|at| !bare.headers.contains(&wire.headers[*at])).collect();
    for at in shown {
        let scheme = wire.headers[at].1.split_once(' ').map(|(scheme, _)| format!("{scheme} ")).unwrap_or_default();
        let value = match credentials {
            Credentials::NotBase64 => format!("{scheme}!!!"),
            Credentials::WithoutColon => format!("{scheme}{}", STANDARD.encode("standin")),
            Credentials::OtherScheme => "Bearer x".to_owned(),
            Credentials::Empty => String::new(),
            Credentials::Twice => {
                let again = wire.headers[at].clone();
                wire.headers.push(again);
                continue;
            }
            _ => return,
        };
        wire.headers[at].1 = value;
    }
}
