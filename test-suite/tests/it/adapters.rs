//! The carriers of the adapter protocol, tested with adapters that answer correctly, wrongly and not at all.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;

use axum::Router;
use axum::http::{Method, Uri};
use axum::response::IntoResponse;
use standin_contracts::protocol::{Millis, Timestamp};
use standin_test_suite::adapter::{
    Adapter, AdapterError, CommandResult, Device, Install, Kind, Running, SdkCommand, Setup, Storage, start,
};
use standin_test_suite::driver::{CarrierName, Halt, SdkTable};

const ABOUT: &str = r#"{"name":"tiny","kind":"sdk"}"#;

fn table(carrier: CarrierName) -> SdkTable {
    SdkTable {
        name: "tiny".to_owned(),
        carrier,
        start: Vec::new(),
        cwd: None,
        url: None,
        ready_within: Millis::from_secs(10),
        answers_within: Millis::from_secs(10),
        vendor_timeout: Millis::from_secs(30),
        env: BTreeMap::new(),
    }
}

/// An adapter in the shell: it describes itself and creates an install, then continues with this script.
fn shell(script: &str) -> SdkTable {
    let head = format!(
        "read -r a; echo '{{\"id\":1,\"status\":200,\"body\":{ABOUT}}}'
        read -r a; echo '{{\"id\":2,\"status\":201,\"location\":\"/installs/1\"}}'"
    );
    let start = ["sh", "-c", &format!("{head}\n{script}")].map(str::to_owned).to_vec();
    SdkTable { start, ..table(CarrierName::Stdio) }
}

/// Starts an adapter in the shell and creates an install.
async fn talk(table: &SdkTable) -> (Running, Box<dyn Install>) {
    let adapter = start(table, Path::new(".")).await.expect("it starts");
    let install = adapter.install(setup()).await.expect("an install");
    (adapter, install)
}

pub(crate) fn setup() -> Setup {
    Setup {
        install: "phone".to_owned(),
        vendor: "sentiance".to_owned(),
        base_url: "http://127.0.0.1:9/sentiance".to_owned(),
        backend_url: None,
        client_key: "standin-client-key".to_owned(),
        app_id: "app-1".to_owned(),
        sdk_secret: "secret".to_owned(),
        device: Device { id: "device-1".to_owned(), kind: "phone".to_owned(), platform: "ios".to_owned() },
        storage: Storage::New,
        now: Timestamp::from_millis(0),
        retry: None,
        ca: None,
    }
}

#[tokio::test]
async fn lines_may_be_answered_in_any_order() {
    let script = r#"read -r a; read -r b
        echo '{"id":4,"status":200,"body":{"result":"failed","reason":"the second"}}'
        echo '{"id":3,"status":200,"body":{"result":"done","value":{"which":"the first"}}}'
        read -r c"#;
    let (_adapter, install) = talk(&shell(script)).await;
    let (first, second) = tokio::join!(install.run(SdkCommand::Launch {}), install.run(SdkCommand::State {}));
    let Ok(CommandResult::Done { value, .. }) = first else { panic!("{first:?}") };
    assert_eq!(value["which"], "the first");
    assert_eq!(second, Ok(CommandResult::failed("the second")));
}

#[tokio::test]
async fn a_line_that_is_answered_too_late_ends_that_command_alone() {
    let script = r#"read -r a; read -r b
        echo '{"id":3,"status":200,"body":{"result":"done"}}'
        echo '{"id":4,"status":200,"body":{"result":"done"}}'
        read -r c"#;
    // A shell on a busy machine needs some of it for the answers that come.
    let table = SdkTable { answers_within: Millis::from_secs(2), ..shell(script) };
    let (_adapter, install) = talk(&table).await;
    let late = install.run(SdkCommand::Launch {}).await;
    assert_eq!(late, Err(AdapterError::Silent("`POST /installs/1` (`launch`) within 2s".to_owned())));
    assert_eq!(install.run(SdkCommand::State {}).await, Ok(CommandResult::done()));
}

#[tokio::test]
async fn an_adapter_that_breaks_its_lines_is_told_what_would_be_right() {
    let scripts = [
        "read -r a; echo 'DEBUG: launching'; read -r b",
        r#"read -r a; echo '{"id":7,"status":200}'; read -r b"#,
        r#"read -r a; echo '{"id":3}'; read -r b"#,
        r#"read -r a; echo '{"id":3,"status":200,"body":{"result":"maybe"}}'; read -r b"#,
        "read -r a; head -c 5000000 /dev/zero | tr '\\0' x; read -r b",
        "exit 0",
    ];
    let mut told = String::new();
    for script in scripts {
        let (_adapter, install) = talk(&shell(script)).await;
        let error = install.run(SdkCommand::Launch {}).await.expect_err(script);
        // A message that can't be parsed ends the session; one that is only wrong ends the command.
        if !matches!(&error, AdapterError::Broken(why) if why.contains("maybe")) {
            assert_eq!(install.run(SdkCommand::State {}).await.expect_err(script), error);
        }
        told += &format!("{error}\n\n");
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn an_adapter_that_ends_leaves_its_last_words() {
    let (adapter, install) = talk(&shell("read -r a; echo 'no storage' >&2; exit 3")).await;
    let error = install.run(SdkCommand::Launch {}).await.expect_err("it ended");
    assert!(matches!(error, AdapterError::Gone(_)), "{error}");
    let ended = loop {
        if let Some(ended) = adapter.ended().await {
            break ended;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(ended.to_string(), "the subject ended by itself (exit status: 3); its last output:\n    no storage");
}

#[tokio::test]
async fn an_adapter_that_never_tells_what_it_is_does_not_start() {
    let start_of = |script: &str| ["sh", "-c", script].map(str::to_owned).to_vec();
    let ends = SdkTable { start: start_of("echo 'no python' >&2; exit 1"), ..table(CarrierName::Stdio) };
    let halt = start(&ends, Path::new(".")).await.map(|_| ()).expect_err("it ends");
    assert!(matches!(halt, Halt::Ended { .. }) && halt.to_string().contains("no python"), "{halt}");

    let is_mute = SdkTable {
        start: start_of("read -r a; read -r b"),
        ready_within: Millis::new(200),
        ..table(CarrierName::Stdio)
    };
    let halt = start(&is_mute, Path::new(".")).await.map(|_| ()).expect_err("it says nothing");
    assert!(matches!(halt, Halt::NotReady { .. }), "{halt}");
}

/// An adapter over HTTP that creates an install and answers each command with this.
async fn serving(command: (u16, &'static str)) -> Running {
    serving_with("/installs/1", command).await
}

async fn serving_with(location: &'static str, (status, body): (u16, &'static str)) -> Running {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let answer = move |method: Method, uri: Uri| async move {
        let reply = |status: u16, body: &str| {
            (axum::http::StatusCode::from_u16(status).expect("a status"), body.to_owned()).into_response()
        };
        match (method, uri.path()) {
            (Method::GET, "/") => reply(200, ABOUT),
            (Method::POST, "/") if location.is_empty() => reply(201, ""),
            (Method::POST, "/") => (axum::http::StatusCode::CREATED, [("location", location)]).into_response(),
            (Method::DELETE, "/installs/1") => reply(204, ""),
            (Method::POST, "/installs/1") if body == "endless" => reply(200, &"x".repeat(5_000_000)),
            (Method::POST, "/installs/1") if body == "silent" => std::future::pending().await,
            (Method::POST, "/installs/1") => reply(status, body),
            other => panic!("nobody asks for {other:?}"),
        }
    };
    tokio::spawn(axum::serve(listener, Router::new().fallback(answer)).into_future());
    let table = SdkTable { url: Some(url), answers_within: Millis::new(500), ..table(CarrierName::Http) };
    start(&table, Path::new(".")).await.expect("it runs")
}

async fn told(command: (u16, &'static str)) -> Result<CommandResult, AdapterError> {
    let adapter = serving(command).await;
    let install = adapter.install(setup()).await.expect("an install");
    install.run(SdkCommand::SyncNow {}).await
}

#[tokio::test]
async fn an_adapter_over_http_is_asked_made_and_ended() {
    let adapter = serving((200, r#"{"result":"done"}"#)).await;
    let about = adapter.about().await.expect("it tells what it is");
    assert_eq!((about.name.as_str(), about.kind, about.version), ("tiny", Kind::Sdk, None));
    let install = adapter.install(setup()).await.expect("an install");
    assert_eq!(install.run(SdkCommand::Launch {}).await, Ok(CommandResult::done()));
    assert_eq!(install.end().await, Ok(()));
}

#[tokio::test]
async fn adapters_in_the_form_of_launchdarkly_s_test_services_are_understood() {
    for (status, body) in [(400, "unknown command"), (501, ""), (200, r#"{"result":"unsupported"}"#)] {
        assert_eq!(told((status, body)).await, Ok(CommandResult::Unsupported {}), "{status}");
    }
    for status in [200, 202, 204] {
        assert_eq!(told((status, "")).await, Ok(CommandResult::done()), "{status}");
    }
}

#[tokio::test]
async fn an_adapter_that_breaks_the_protocol_over_http_is_told_what_would_be_right() {
    let mut said = String::new();
    for command in [
        (200, "<html>nginx</html>"),
        (200, r#"{"result":"ok"}"#),
        (200, r#"{"result":"failed"}"#),
        (404, "no such install"),
        (500, "Traceback (most recent call last)"),
        (302, ""),
        (200, "endless"),
        (200, "silent"),
    ] {
        said += &format!("{}\n\n", told(command).await.expect_err(command.1));
    }
    for location in ["", "http://other-origin.example/installs/1"] {
        let adapter = serving_with(location, (200, "")).await;
        let error = adapter.install(setup()).await.map(|_| ()).expect_err("no install");
        said += &format!("{error}\n\n");
    }
    let port = regex::Regex::new(r"127\.0\.0\.1:\d+").expect("a pattern");
    insta::assert_snapshot!(port.replace_all(&said, "127.0.0.1:PORT"));
}

#[tokio::test]
async fn an_adapter_over_http_that_is_not_there_is_told_so() {
    let table = SdkTable {
        url: Some("http://127.0.0.1:1".to_owned()),
        ready_within: Millis::new(100),
        ..table(CarrierName::Http)
    };
    let halt = start(&table, Path::new(".")).await.map(|_| ()).expect_err("nothing is there");
    assert!(matches!(&halt, Halt::Unreachable { .. }), "{halt}");
}
