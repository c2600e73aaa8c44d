//! Any bytes are read as a request or a response, or called malformed. The first byte selects the operation.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use standin_contracts::contract::{Contract, Secrets, VENDORS, WireRequest, WireResponse, builtin};

static CONTRACTS: LazyLock<Vec<Contract>> =
    LazyLock::new(|| VENDORS.iter().filter_map(|vendor| builtin(vendor)?.ok()).collect());

fuzz_target!(|bytes: &[u8]| {
    let Some((first, body)) = bytes.split_first() else { return };
    let all: Vec<_> = CONTRACTS.iter().flat_map(|one| one.operations.iter().map(move |operation| (one, operation))).collect();
    let (contract, operation) = all[usize::from(*first) % all.len()];
    let media = operation.body.iter().flat_map(|body| &body.media).map(|media| media.mime.clone()).next();
    let headers: Vec<(String, String)> = media.map(|media| ("content-type".to_owned(), media)).into_iter().collect();
    let request = WireRequest { method: operation.method.clone(), headers: headers.clone(), body: body.to_vec(), ..WireRequest::default() };
    let _ = contract.decode_request(operation, &[], &request, None, &Secrets::default());
    for status in operation.responses.iter().map(|case| case.status) {
        let _ = contract.decode_reply(operation, &WireResponse { status, headers: headers.clone(), body: body.to_vec() });
    }
});
