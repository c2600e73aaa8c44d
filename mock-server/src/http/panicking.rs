//! Tests of a handler that panics. The vendor's state is corrupted on purpose: no known request makes a handler panic.

use std::sync::Arc;

use standin_contracts::codec::ClientKeys;
use standin_contracts::contract::{Contract, Secrets, VENDORS, builtin};
use standin_contracts::history::{Leg, What};
use standin_contracts::protocol::{CommandName, Field, Fields};

use crate::sandbox::SERVER_KEY;
use crate::{MockConfig, MockServer};

fn contract() -> Arc<Contract> {
    let contracts = VENDORS.iter().filter_map(|vendor| builtin(vendor)?.ok());
    Arc::new(contracts.into_iter().find(|contract| contract.has(CommandName::IssueCredential)).expect("one of them"))
}

async fn issue(server: &MockServer, contract: &Contract, user: &str) -> reqwest::Response {
    let fields = Fields::new().with(Field::ExternalId, user);
    let keys = ClientKeys { server: Some(SERVER_KEY.to_owned()), ..ClientKeys::default() };
    let asked = contract.encode_request(
        CommandName::IssueCredential,
        &fields,
        &keys,
        &Secrets::default(),
        server.sandbox().now(),
    );
    let (_, wire) = asked.expect("a request");
    let url = format!("{}{}", server.vendor_url(&contract.vendor), wire.target);
    let request = reqwest::Client::new().post(url).body(wire.body);
    let request = wire.headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
    request.send().await.expect("an answer")
}

#[tokio::test]
async fn a_panic_is_answered_and_recorded_as_our_fault_and_the_next_request_is_served() {
    let contract = contract();
    let server = MockServer::start(MockConfig::new(vec![contract.clone()])).await.expect("the server starts");
    let sandbox = server.sandbox();
    assert_eq!(issue(&server, &contract, "ann").await.status(), 200);
    sandbox.lose_users();
    let answer = issue(&server, &contract, "ann").await;
    assert_eq!(answer.status(), 500);
    assert!(answer.headers().contains_key("standin-mock"));
    let problem: serde_json::Value = answer.json().await.expect("a problem document");
    assert_eq!(problem["title"], "internal error");
    let events = sandbox.history_after(2, usize::MAX);
    let [request, response] = &events[..] else { panic!("{events:?}") };
    let (What::Request(request), What::Response(response)) = (&request.event, &response.event) else {
        panic!("{events:?}")
    };
    assert_eq!((response.exchange, response.status, response.reply), (request.exchange, 500, None));
    assert!(response.fault.as_deref().is_some_and(|words| words.contains("panicked")), "{response:?}");
    assert_eq!(sandbox.open_exchanges(Leg::BackendToVendor), 0);
    assert_eq!(issue(&server, &contract, "bob").await.status(), 200);
}
