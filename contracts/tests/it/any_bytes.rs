//! Every operation of every vendor reads any bytes as a request or response, or calls them malformed. The fuzz target
//! `codec` checks the same.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use standin_contracts::contract::{Contract, Operation, Secrets, VENDORS, WireRequest, WireResponse, builtin};

/// Parts that bodies are often made of, for use in and out of place.
const SCRAPS: &[&str] = &[
    "{", "}", "[", "]", "\"", ":", ",", "null", "true", "-1e309", "items", "id", "\u{feff}", "\\u0000", "a=b&", "%ff",
    ".",
];

fn contracts() -> Vec<Contract> {
    VENDORS.iter().map(|vendor| builtin(vendor).expect("a vendor").expect("a contract")).collect()
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let scraps = vec(select(SCRAPS), 0..30).prop_map(|scraps| scraps.concat().into_bytes());
    prop_oneof![1 => vec(any::<u8>(), 0..200), 2 => scraps]
}

fn media(operation: &Operation) -> Vec<(String, String)> {
    let mime = operation.body.iter().flat_map(|body| &body.media).map(|media| media.mime.clone()).next();
    mime.map(|mime| ("content-type".to_owned(), mime)).into_iter().collect()
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_called_malformed(body in body(), which: Index) {
        let contracts = contracts();
        let all: Vec<_> = contracts.iter().flat_map(|one| one.operations.iter().map(move |operation| (one, operation))).collect();
        let (contract, operation) = all[which.index(all.len())];
        let headers = media(operation);
        let method = operation.method.clone();
        let request = WireRequest { method, headers: headers.clone(), body: body.clone(), ..WireRequest::default() };
        let call = contract.decode_request(operation, &[], &request, None, &Secrets::default());
        prop_assert_eq!(call.command, operation.command);
        for status in operation.responses.iter().map(|case| case.status) {
            let answer = WireResponse { status, headers: headers.clone(), body: body.clone() };
            if let Some(heard) = contract.decode_reply(operation, &answer) {
                prop_assert!(!heard.replies.is_empty());
            }
        }
    }
}
