//! Says who it is in the query too, where every log has it.

use std::sync::Arc;

use standin_contracts::contract::WireRequest;
use standin_contracts::protocol::CommandName;

use super::SdkMutant;
use crate::reference_sdk::SdkConduct;

pub(super) const MUTANT: SdkMutant = SdkMutant {
    name: "token-in-query",
    mistake: "puts its session in the query as well",
    breaks: "transport/secret-in-url",
    make: || Arc::new(TokenInQuery),
};

struct TokenInQuery;

impl SdkConduct for TokenInQuery {
    fn dispatch(&self, _: CommandName, mut request: WireRequest) -> WireRequest {
        let token = request.headers.iter().find_map(|(_, value)| value.strip_prefix("Bearer ")).map(str::to_owned);
        if let Some(token) = token {
            let mark = if request.target.contains('?') { '&' } else { '?' };
            request.target = format!("{}{mark}token={token}", request.target);
        }
        request
    }
}
