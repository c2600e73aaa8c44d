//! The vendors' documented exchanges as literal bytes, read by the codec.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use standin_contracts::contract::{Contract, Route, Secrets, WireRequest, WireResponse};
use standin_contracts::protocol::{CommandName, ProofState, ReplyName};

use crate::support::{contract, file, root};

/// The content of a case's JSON file.
#[derive(Deserialize)]
struct Case {
    command: CommandName,
    operation: String,
    fields: Map<String, Value>,
    reply: ReplyName,
    class: Vec<ReplyName>,
    reply_fields: Map<String, Value>,
    mock: Option<Setup>,
}

/// The part of a case's setup that the codec needs.
#[derive(Deserialize)]
struct Setup {
    server_hash: Option<String>,
    sdk_constant: Option<String>,
}

#[test]
fn every_documented_exchange_is_read_as_what_it_means() {
    let mut count = 0;
    for vendor in ["techcentrix", "sentiance", "finbox", "junction"] {
        let contract = contract(vendor);
        for name in cases(vendor) {
            check(&contract, vendor, &name);
            count += 1;
        }
    }
    assert!(count >= 30, "only {count} exchanges were found");
}

fn cases(vendor: &str) -> Vec<String> {
    let folder = root().join("fixtures/exchanges").join(vendor);
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("the vendor's exchanges")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.strip_suffix(".json").map(str::to_owned))
        .collect();
    names.sort();
    names
}

fn check(contract: &Contract, vendor: &str, name: &str) {
    let stem = format!("fixtures/exchanges/{vendor}/{name}");
    let case: Case = serde_json::from_str(&file(&format!("{stem}.json"))).unwrap_or_else(|why| panic!("{stem}: {why}"));
    let request = parse_request(&file(&format!("{stem}.request.http")));
    let Route::Found { operation, parameters } = contract.route(&request.method, request.path()) else {
        panic!("{stem}: no operation at {} {}", request.method, request.target);
    };
    assert_eq!(operation.id, case.operation, "{stem}");
    let call = contract.decode_request(operation, &parameters, &request, None, &secrets(case.mock.as_ref()));
    assert_eq!(call.command, case.command, "{stem}");
    if case.reply == ReplyName::Malformed {
        assert!(call.input.is_err(), "{stem}: the request should be malformed");
    } else {
        let fields = call.input.as_ref().unwrap_or_else(|why| panic!("{stem}: {why}")).to_json();
        assert_eq!(fields, case.fields, "{stem}: fields of the request");
    }
    if case.mock.is_some() && call.input.is_ok() && operation.proof.is_some() && case.reply != ReplyName::ProofWrong {
        assert_eq!(call.proof, ProofState::Valid, "{stem}: the documented proof");
    }
    let response = parse_response(&file(&format!("{stem}.response.http")));
    let heard =
        contract.decode_reply(operation, &response).unwrap_or_else(|| panic!("{stem}: the response can't be read"));
    let (mut replies, mut class) = (heard.replies.clone(), case.class.clone());
    replies.sort();
    class.sort();
    assert_eq!(replies, class, "{stem}: the replies that it could be");
    assert!(replies.contains(&case.reply), "{stem}");
    assert_eq!(heard.fields.to_json(), case.reply_fields, "{stem}: fields of the response");
}

fn secrets(setup: Option<&Setup>) -> Secrets {
    let mut secrets = Secrets::default();
    if let Some(hash) = setup.and_then(|setup| setup.server_hash.clone()) {
        secrets.server_hash = hash;
    }
    if let Some(constant) = setup.and_then(|setup| setup.sdk_constant.clone()) {
        secrets.sdk_constant = constant;
    }
    secrets
}

fn parse_request(text: &str) -> WireRequest {
    let (first, headers, body) = parts(text);
    let mut words = first.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default().to_owned();
    WireRequest { method, target, headers, body }
}

fn parse_response(text: &str) -> WireResponse {
    let (first, headers, body) = parts(text);
    let status = first.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    WireResponse { status, headers, body }
}

fn parts(text: &str) -> (String, Vec<(String, String)>, Vec<u8>) {
    let (head, body) = text.split_once("\r\n\r\n").expect("a blank line after the head");
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default().to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    (first, headers.into_iter().collect(), body.as_bytes().to_vec())
}
