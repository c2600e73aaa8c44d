//! `standin health`, asked about real servers.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use crate::serve::serve;
use crate::support::{ends, refuses, standin};

/// The answer of a server that isn't a mock, or of an unhealthy one.
fn foreign(answer: &'static str) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut lines = BufReader::new(stream.try_clone().expect("a handle")).lines().map_while(Result::ok);
        lines.find(String::is_empty).expect("the end of the request's head");
        stream.write_all(answer.as_bytes()).expect("the answer leaves");
    });
    url
}

/// Runs `health` and expects the one error, with the exit code for a missing mock.
fn absent(arguments: &[&str]) -> String {
    let (out, err) = ends(&[&["health"], arguments].concat(), 3);
    assert_eq!(out, "");
    assert_eq!((err.matches("error: ").count(), err.lines().count()), (1, 1), "{err}");
    err
}

#[test]
fn a_running_mock_is_well() {
    let server = serve(&["--vendor", "finbox"]);
    let url = server.text("/url");
    let (out, err) = ends(&["health", "--url", &url], 0);
    assert_eq!(out, format!("standin {} is well at {url}, and plays finbox\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(err, "");
    ends(&["health", "--url", &format!("{url}/")], 0);
}

#[test]
fn it_asks_where_serve_was_told_to_listen_and_needs_no_certificates() {
    let server = serve(&[]);
    let port = server.text("/url").rsplit_once(':').expect("a port").1.to_owned();
    for listen in [format!("127.0.0.1:{port}"), format!("0.0.0.0:{port}")] {
        let mut health = standin(&["health"]);
        health.env_clear().env("STANDIN_LISTEN", &listen).env("SSL_CERT_FILE", "/none").env("SSL_CERT_DIR", "/none");
        health.env("http_proxy", "http://127.0.0.1:1");
        let output = health.output().expect("it runs");
        assert_eq!(output.status.code(), Some(0), "{listen}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn where_nothing_listens_is_no_mock() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let caller = TcpStream::connect(listener.local_addr().expect("its address")).expect("a connection");
    // The port belongs to a client connection, so nothing listens on it.
    let url = format!("http://{}", caller.local_addr().expect("its own address"));
    let error = absent(&["--url", &url]);
    assert!(error.contains(&format!("nothing answers at {url}: Connection refused")), "{error}");
}

#[test]
fn another_server_that_answers_200_is_no_mock() {
    let url = foreign("HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"status\":\"ok\"}");
    let error = absent(&["--url", &url]);
    assert!(error.contains("another program, not by Standin's mock"), "{error}");
}

#[test]
fn a_redirect_is_not_followed() {
    let server = serve(&[]);
    let there =
        format!("HTTP/1.1 302 Found\r\nlocation: {}/__admin/health\r\ncontent-length: 0\r\n\r\n", server.text("/url"));
    let url = foreign(there.leak());
    assert!(absent(&["--url", &url]).contains("another program"));
}

#[test]
fn a_mock_that_fails_is_not_well() {
    let url = foreign("HTTP/1.1 500 Internal Server Error\r\nstandin-mock: 0.1.0\r\ncontent-length: 0\r\n\r\n");
    let error = absent(&["--url", &url]);
    assert!(error.contains("is not well: it answers 500 Internal Server Error"), "{error}");
    let url = foreign("HTTP/1.1 200 OK\r\nstandin-mock: 0.1.0\r\ncontent-length: 2\r\n\r\n{}");
    assert!(absent(&["--url", &url]).contains("can't be understood"));
}

#[test]
fn a_server_that_never_answers_is_no_mock() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    let error = absent(&["--url", &url, "--within", "200ms"]);
    assert!(error.contains(&format!("{url} did not answer within 200ms")), "{error}");
}

#[test]
fn what_can_not_be_asked_is_told_as_wrong_usage() {
    assert!(refuses(&["health", "--url", "https://127.0.0.1:7357"]).contains("write http://"));
    assert!(refuses(&["health", "--url", "http://a b"]).contains("is no URL"));
    assert!(refuses(&["health", "--listen", "127.0.0.1:0"]).contains("say by --url"));
    assert!(refuses(&["health", "--within", "soon"]).contains("250ms"));
}
