//! `standin serve`: runs the mock until a signal ends it.

use std::fmt::Write;

use serde::Serialize;
use serde_json::json;
use standin_contracts::codec::ClientKeys;
use standin_contracts::contract::{Contract, Proof, WireRequest};
use standin_contracts::protocol::{Field, Fields, KeyKind};
use standin_mock_server::MockServer;
use standin_mock_server::sandbox::VendorSetup;
use standin_test_suite::live_judge::Watch;

use crate::args::{Output, ServeArgs};
use crate::output::{self, Ending, Failure};
use crate::printer::Printer;
use crate::settings;
use crate::verify::requirements_of;

/// The connection data of one vendor of the mock.
#[derive(Serialize)]
struct Access {
    url: String,
    server_key: String,
    client_key: String,
    /// Present only if the vendor's clients prove that they know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_hash: Option<String>,
}

pub(crate) fn run(args: &ServeArgs) -> Result<u8, Failure> {
    let config = settings::mock_config(args)?;
    output::runtime()?.block_on(async {
        let mut ending = Ending::listen()?;
        let server = MockServer::start(config).await.map_err(|error| Failure::because(&error))?;
        let ready = match args.output {
            Output::Json => json_line(&server),
            Output::Human => banner(&server),
        };
        output::print(&ready)?;
        // The judge reads all events from the first, and prints nothing before the line above.
        let judging = args.judge.then(|| judging(&server, args.output)).transpose()?;
        ending.wait().await;
        server.stop().await;
        if let Some((watch, printer)) = judging {
            watch.end().await;
            printer.finish();
        }
        Ok(0)
    })
}

/// Judges the mock's sandboxes live. If standard output is one line for a script, the findings go to standard error.
fn judging(server: &MockServer, output: Output) -> Result<(Watch, Printer), Failure> {
    let vendors = server.sandbox().vendors().iter().map(|vendor| vendor.name().to_owned()).collect::<Vec<_>>();
    let requirements =
        vendors.into_iter().map(|name| Ok((name.clone(), requirements_of(&name)?))).collect::<Result<_, Failure>>()?;
    let printer = Printer::start(output == Output::Human);
    Ok((Watch::begin(server.sandboxes(), requirements, printer.tell()), printer))
}

fn access(server: &MockServer, vendor: &VendorSetup) -> Access {
    let uses_hash =
        vendor.contract.operations.iter().any(|operation| operation.proof.is_some_and(Proof::uses_server_hash));
    Access {
        url: server.vendor_url(vendor.name()),
        server_key: vendor.keys.server.first().map(|key| key.value.clone()).unwrap_or_default(),
        client_key: vendor.keys.client.first().map(|key| key.value.clone()).unwrap_or_default(),
        server_hash: uses_hash.then(|| vendor.secrets.server_hash.clone()),
    }
}

fn json_line(server: &MockServer) -> String {
    let sandbox = server.sandbox();
    let vendors: serde_json::Map<String, serde_json::Value> =
        sandbox.vendors().iter().map(|vendor| (vendor.name().to_owned(), json!(access(server, vendor)))).collect();
    format!("{}\n", json!({"url": server.url(), "vendors": vendors}))
}

fn banner(server: &MockServer) -> String {
    let sandbox = server.sandbox();
    let vendors = sandbox.vendors();
    let mut text = format!("\x1b[1mStandin\x1b[0m plays the vendor, and listens on {}\n\n", server.url());
    text += "Point your client backend here, with this server key; the app with this client key:\n\n";
    for vendor in vendors {
        let access = access(server, vendor);
        // Writing to a string can't fail.
        let _ = writeln!(text, "  {:<12} {}", vendor.name(), access.url);
        let hash = access.server_hash.map(|hash| format!(", server hash {hash}")).unwrap_or_default();
        let _ =
            writeln!(text, "  {:<12} server key {}, client key {}{hash}\n", "", access.server_key, access.client_key);
    }
    if let Some(line) = vendors.first().and_then(|vendor| curl(server, vendor)) {
        let _ = writeln!(text, "Try:\n\n  {line}\n");
    }
    let _ = writeln!(text, "What was said, the clock and the faults: {}/__admin/openapi.json", server.url());
    let _ = writeln!(text, "Ctrl-C stops it.");
    text
}

/// A `curl` command for a call that client backends make.
fn curl(server: &MockServer, vendor: &VendorSetup) -> Option<String> {
    let request = sample_request(&vendor.contract, vendor)?;
    let mut line = format!("curl -i -X {} '{}{}'", request.method, server.vendor_url(vendor.name()), request.target);
    for (name, value) in &request.headers {
        let _ = write!(line, " \\\n    -H '{name}: {value}'");
    }
    if !request.body.is_empty() {
        let _ = write!(line, " \\\n    -d '{}'", String::from_utf8_lossy(&request.body));
    }
    Some(line)
}

fn sample_request(contract: &Contract, vendor: &VendorSetup) -> Option<WireRequest> {
    let asks =
        |operation: &&standin_contracts::contract::Operation| operation.asks_for(KeyKind::Server, &contract.schemes);
    let command = contract.operations.iter().find(asks)?.command;
    let fields = Fields::new().with(Field::ExternalId, "user1").with(Field::UserId, "user1");
    let keys = ClientKeys { server: vendor.keys.server.first().map(|key| key.value.clone()), ..ClientKeys::default() };
    let now = standin_contracts::protocol::Timestamp::from_millis(0);
    Some(contract.encode_request(command, &fields, &keys, &vendor.secrets, now).ok()?.1)
}
