//! Arbitrary bytes: none of them stop the server, wherever they end.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::io::AsyncWriteExt;

use super::server_under_attack::{ADMIN, ServerUnderAttack, VENDOR, posted, request};
use crate::support::{connect, issue_bytes, read_to_end};

/// Valid requests to start from.
fn requests() -> Vec<Vec<u8>> {
    vec![
        issue_bytes("ann"),
        posted(ADMIN, "application/json", b"{\"seed\": 3}"),
        request("GET /__admin/sandboxes/default/history?after=3", "", b""),
        request(&format!("POST {VENDOR}"), "transfer-encoding: chunked\r\n", b"5\r\n{\"id\"\r\n0\r\n\r\n"),
        request("PUT /__admin/sandboxes/default/clock", "content-length: 20\r\n", b"{\"change\": \"freeze\"}"),
    ]
}

/// Byte strings that mean something in some part of a request.
fn telling() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "\r\n",
        "\r\n\r\n",
        "\n",
        "\r",
        "\0",
        " ",
        ":",
        ",",
        "%",
        "%00",
        "%ff",
        "/",
        "..",
        "?",
        "0\r\n\r\n",
        "fffffff\r\n",
        "content-length: 7\r\n",
        "transfer-encoding: chunked\r\n",
        "expect: 100-continue\r\n",
        "connection: close\r\n",
        "upgrade: h2c\r\n",
        "HTTP/1.0",
        "HTTP/2.0",
        "[[[[",
        "{\"a\":",
        "\u{feff}",
        "\\ud800",
        "\u{1f8b}",
    ];
    let words = prop::sample::select(words.map(|word| word.as_bytes().to_vec()).to_vec());
    prop_oneof![3 => words, 1 => prop::collection::vec(any::<u8>(), 0..40)]
}

/// A valid request with some parts replaced: the position, the number of bytes, and the replacement.
fn spoilt() -> impl Strategy<Value = Vec<u8>> {
    let places = prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, telling()), 0..6);
    (prop::sample::select(requests()), places).prop_map(|(mut bytes, places)| {
        for (from, count, instead) in places {
            let from = from.index(bytes.len() + 1);
            let to = (from + count).min(bytes.len());
            bytes.splice(from..to, instead);
        }
        bytes
    })
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..3000),
        1 => prop::collection::vec(telling(), 0..100).prop_map(|words| words.concat()),
        4 => prop::collection::vec(spoilt(), 1..4).prop_map(|requests| requests.concat()),
    ]
}

#[test]
fn whatever_bytes_come_the_server_serves_on() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server_under_attack = tokio::sync::Mutex::new(runtime.block_on(ServerUnderAttack::new()));
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    let held = runner.run(&any_bytes(), |bytes| {
        runtime.block_on(async {
            let mut server_under_attack = server_under_attack.lock().await;
            let mut stream = connect(&server_under_attack.server).await;
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
            let (text, _) = read_to_end(&mut stream).await;
            prop_assert!(text.is_empty() || text.starts_with("HTTP/1."), "{text}");
            prop_assert!(!text.contains(" 500 "), "{text}");
            prop_assert_eq!(text.starts_with("HTTP/1.1 1") || text.is_empty(), !text.contains("standin-mock"));
            server_under_attack.others_are_unharmed("any bytes").await;
            Ok(())
        })
    });
    held.unwrap();
}
