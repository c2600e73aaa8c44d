//! How a Rust test uses the mock server: start it, send requests to it, inject a fault, and read the history.
//!
//! Run it with `cargo run -p standin-mock-server --example in_a_rust_test`.

use std::error::Error;
use std::sync::Arc;

use standin_contracts::contract::builtin;
use standin_contracts::history::What;
use standin_contracts::protocol::{Millis, Timestamp};
use standin_mock_server::fault::Throttle;
use standin_mock_server::{ClockStart, Fault, FaultSpec, MockConfig, MockServer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let contract = Arc::new(builtin("techcentrix").ok_or("no such vendor")??);
    let clock = ClockStart::At("2026-11-20T08:00:00Z".parse::<Timestamp>()?);
    let server = MockServer::start(MockConfig { clock, ..MockConfig::new(vec![contract]) }).await?;
    let sandbox = server.sandbox();

    // The first request is throttled. The request below stands for the code under test.
    sandbox.set_fault(FaultSpec::new(Fault::Throttle(Throttle { retry_after: None })).on("issue_credential"))?;
    let url = format!("{}/user/api/auth/external", server.vendor_url("techcentrix"));
    let call = || {
        let body = serde_json::json!({"id": "ann"});
        reqwest::Client::new().post(&url).bearer_auth("standin-server-key").json(&body).send()
    };
    assert_eq!(call().await?.status(), 429);
    sandbox.advance(Millis::from_secs(30));
    assert_eq!(call().await?.status(), 200);

    // The history holds every request and answer, and no secrets.
    let answers = sandbox.history_after(0, usize::MAX);
    let answers = answers.iter().filter(|event| matches!(event.event, What::Response(_)));
    assert_eq!(answers.count(), 2);
    server.stop().await;
    Ok(())
}
