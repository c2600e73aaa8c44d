//! Measures how fast SDKs are driven: the reference SDK in this program beside the small ones in other languages,
//! each recording and syncing as in a scenario. `cargo run --release -p standin-test-suite --example sdk_steps --
//! [ROUNDS]`; the default is 500.

use std::error::Error;
use std::io::{Write, stdout};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use standin_contracts::contract::{Contract, Secrets, builtin};
use standin_contracts::history::What;
use standin_contracts::protocol::Timestamp;
use standin_mock_server::sandbox::{CLIENT_KEY, SERVER_KEY};
use standin_mock_server::{ClockStart, MockConfig, MockServer, Sandbox};
use standin_test_suite::adapter::{Adapter, start};
use standin_test_suite::driver::VerifyFile;
use standin_test_suite::reference_sdk::{ConformingSdk, ReferenceSdk};
use standin_test_suite::sdk::{SdkHarness, SdkHarnessSetup};

/// The files of the small SDKs, below `examples`.
const FILES: &[&str] = &["python/sdk-sentiance.toml", "node/sdk-finbox.toml"];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let rounds: usize = std::env::args().nth(1).map_or(Ok(500), |text| text.parse())?;
    writeln!(stdout(), "{:<30} {:>10} {:>12} {:>14}", "SDK", "seconds", "commands/s", "requests/s")?;
    for file in FILES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(file);
        let VerifyFile { vendor, sdk, .. } = VerifyFile::read(&path)?;
        let table = sdk.ok_or("the file describes no SDK")?;
        let contract =
            Arc::new(builtin(&vendor).ok_or("the vendor is not shipped")?.map_err(|refused| refused.to_string())?);
        let mock = mock(&contract).await?;
        let reference = ReferenceSdk::new(contract.clone(), Arc::new(ConformingSdk), 1).beside(mock.sandbox());
        measure(&format!("reference SDK, {vendor}"), Arc::new(reference), &contract, mock, rounds).await?;
        let adapter = Arc::new(start(&table, path.parent().ok_or("no folder")?).await?);
        measure(&table.name, adapter, &contract, self::mock(&contract).await?, rounds).await?;
    }
    Ok(())
}

async fn mock(contract: &Arc<Contract>) -> Result<MockServer, Box<dyn Error>> {
    let clock = ClockStart::At(Timestamp::from_millis(1_767_600_000_000));
    Ok(MockServer::start(MockConfig { clock, ..MockConfig::new(vec![contract.clone()]) }).await?)
}

/// Drives one SDK through this many rounds, and prints its speed per second.
#[expect(clippy::disallowed_methods, reason = "real time is what is measured")]
async fn measure(
    name: &str,
    adapter: Arc<dyn Adapter>,
    contract: &Arc<Contract>,
    mock: MockServer,
    rounds: usize,
) -> Result<(), Box<dyn Error>> {
    let setup = SdkHarnessSetup {
        contract: contract.clone(),
        server_key: SERVER_KEY.to_owned(),
        client_key: CLIENT_KEY.to_owned(),
        secrets: Secrets::default(),
        about: adapter.about().await?,
        adapter,
        backend_harness: None,
        network: None,
    };
    let harness = SdkHarness::new(setup, &mock)?;
    let phone = harness.phone().await?;
    phone.begin("alice").await?;
    let (before, began) = (said(&mock.sandbox()), Instant::now());
    for _ in 0..rounds {
        phone.record_some(1).await?;
        phone.sync_now().await?;
    }
    let (took, after) = (began.elapsed().as_secs_f64(), said(&mock.sandbox()));
    let rate = |before: usize, after: usize| (after - before) as f64 / took;
    writeln!(stdout(), "{name:<30} {took:>10.2} {:>12.0} {:>14.0}", rate(before.0, after.0), rate(before.1, after.1))?;
    harness.end().await;
    mock.stop().await;
    Ok(())
}

/// The number of commands and of requests.
fn said(sandbox: &Sandbox) -> (usize, usize) {
    let events = sandbox.history_after(0, usize::MAX);
    let commands = events.iter().filter(|event| matches!(event.event, What::Call(_)));
    let requests = events.iter().filter(|event| matches!(event.event, What::Request(_)));
    (commands.count(), requests.count())
}
