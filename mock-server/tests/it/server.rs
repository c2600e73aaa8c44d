//! Starting and stopping.

use std::sync::Arc;

use standin_contracts::history::What;
use standin_mock_server::fault::{Hold, Moment};
use standin_mock_server::{Fault, FaultSpec, KeyRing, MockConfig, MockServer, StartError};

use crate::support::{client, config, connect, contract, credential, issue, read_to_end, server, until};

#[tokio::test]
async fn a_port_in_use_is_told_in_plain_words() {
    let first = server(&["techcentrix"]).await;
    let mut config = config(&["techcentrix"]);
    config.listen = first.address();
    let error = MockServer::start(config).await.unwrap_err();
    assert!(matches!(error, StartError::InUse(_)));
    let port = first.address().port();
    assert!(
        error.to_string().starts_with(&format!("port {port} of 127.0.0.1 is in use by another program")),
        "{error}"
    );
}

#[tokio::test]
async fn what_can_not_be_served_is_refused() {
    assert!(matches!(MockServer::start(MockConfig::new(vec![])).await, Err(StartError::NoContract)));
    let twice = MockConfig::new(vec![contract("finbox"), contract("finbox")]);
    assert!(matches!(MockServer::start(twice).await, Err(StartError::SameVendor(_))));
    let mut stray = config(&["finbox"]);
    stray.keys.insert("acme".into(), KeyRing::of("a", "b"));
    assert!(matches!(MockServer::start(stray).await, Err(StartError::UnknownVendor { .. })));
}

#[tokio::test]
async fn keys_of_ones_own_take_the_place_of_the_well_known_ones() {
    let mut config = config(&["techcentrix"]);
    config.keys.insert("techcentrix".into(), KeyRing::of("my-server-key", "my-client-key"));
    let server = MockServer::start(config).await.unwrap();
    let base = server.vendor_url("techcentrix");
    assert_eq!(issue(&client(), &base, "standin-server-key", "ann").send().await.unwrap().status(), 401);
    assert_eq!(issue(&client(), &base, "my-server-key", "ann").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn stopping_lets_an_answer_finish_that_is_on_its_way() {
    let server = server(&["techcentrix"]).await;
    let sandbox = server.sandbox();
    let id = sandbox.set_fault(FaultSpec::new(Fault::Hold(Hold { at: Moment::BeforeCommit }))).unwrap();
    let call = tokio::spawn(issue(&client(), &server.vendor_url("techcentrix"), "standin-server-key", "ann").send());
    until(&sandbox, |what| matches!(what, What::Request(_))).await;
    let stopping = tokio::spawn(server.stop());
    tokio::task::yield_now().await;
    sandbox.release(id).unwrap();
    assert_eq!(call.await.unwrap().unwrap().status(), 200);
    stopping.await.unwrap();
}

#[tokio::test]
async fn stopping_ends_idle_connections_and_frees_the_port() {
    let server = server(&["techcentrix"]).await;
    let address = server.address();
    let mut idle = connect(&server).await;
    credential(&client(), &server.vendor_url("techcentrix"), "ann").await;
    server.stop().await;
    assert_eq!(read_to_end(&mut idle).await.0, "");
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_dropped_server_is_gone() {
    let server = server(&["techcentrix"]).await;
    let mut stream = connect(&server).await;
    credential(&client(), &server.vendor_url("techcentrix"), "ann").await;
    drop(server);
    assert_eq!(read_to_end(&mut stream).await.0, "");
}

#[test]
fn a_contract_is_shared_and_not_copied() {
    let contract = contract("finbox");
    let config = MockConfig::new(vec![contract.clone()]);
    assert!(Arc::ptr_eq(&contract, &config.contracts[0]));
}
