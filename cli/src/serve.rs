//! `standin serve`: the mock, until somebody ends it.

use std::fmt::Write;

use serde_json::{Map, json};
use standin_contracts::protocol::KeyKind;
use standin_mock_server::{MockServer, VendorAccess};

use crate::args::{Output, ServeArgs};
use crate::output::{self, Failure};
use crate::settings;

/// Serves until a signal comes.
pub(crate) fn run(args: &ServeArgs) -> Result<u8, Failure> {
    let config = settings::mock_config(args)?;
    output::runtime()?.block_on(async {
        let server = MockServer::start(config).await.map_err(Failure::usage)?;
        output::print(&ready(&server, args.output))?;
        output::asked_to_end().await;
        server.stop().await;
        Ok(0)
    })
}

fn ready(server: &MockServer, form: Output) -> String {
    match form {
        Output::Json => json_line(server),
        Output::Human => banner(server),
    }
}

fn json_line(server: &MockServer) -> String {
    let vendors: Map<String, serde_json::Value> =
        server.access().into_iter().map(|access| (access.vendor.clone(), json!(access))).collect();
    format!("{}\n", json!({"url": server.url(), "vendors": vendors}))
}

fn banner(server: &MockServer) -> String {
    let mut text = format!("\x1b[1mStandin\x1b[0m is a mock and listens on {}\n\n", server.url());
    let all = server.access();
    for access in &all {
        // Writing to a string can't fail.
        let _ = writeln!(text, "  {:<12} {}", access.vendor, access.url);
    }
    if let Some(access) = all.first() {
        let _ = writeln!(
            text,
            "\nPoint your client backend at the URL, and give it the server key `{}`.",
            access.server_key
        );
        let _ = writeln!(text, "The app's client key is `{}`. Try:\n", access.client_key);
        let _ = writeln!(text, "  {}\n", curl(server, access));
    }
    let _ = writeln!(text, "What was said: {}/__admin/sandboxes/default/history", server.url());
    text
}

/// A line that obtains something from the first vendor.
fn curl(server: &MockServer, access: &VendorAccess) -> String {
    let asks_for_server = |operation: &&standin_contracts::contract::Operation| {
        server.contract(&access.vendor).is_some_and(|contract| operation.asks_for(KeyKind::Server, &contract.schemes))
    };
    let contract = server.contract(&access.vendor);
    let sample = contract.as_ref().and_then(|contract| {
        let operation = contract.operations.iter().find(asks_for_server)?;
        contract.sample_request(operation, &access.server_key)
    });
    let Some(request) = sample else { return format!("curl {}/__admin/health", server.url()) };
    let headers: Vec<String> = request.headers.iter().map(|(name, value)| format!("-H '{name}: {value}'")).collect();
    let body = String::from_utf8_lossy(&request.body).into_owned();
    format!("curl {} {} -d '{body}'", access.url.clone() + &request.target, headers.join(" "))
}
