//! Sends its session token in the query too, where it ends up in logs.

use std::sync::Arc;

use standin_contracts::contract::{Contract, WireRequest};

use super::SdkMutant;
use crate::reference_sdk::{Request, SdkBehaviour};

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "token-in-query",
    mistake: "sends its session token in the query as well",
    breaks: "transport/secret-in-url",
    make: || Arc::new(TokenInQuery),
};

struct TokenInQuery;

impl SdkBehaviour for TokenInQuery {
    fn edit_request(&self, _: &Contract, _: &Request, wire: &mut WireRequest) {
        let token = wire.headers.iter().find_map(|(_, value)| value.strip_prefix("Bearer ")).map(str::to_owned);
        if let Some(token) = token {
            let separator = if wire.target.contains('?') { '&' } else { '?' };
            wire.target = format!("{}{separator}token={token}", wire.target);
        }
    }
}
