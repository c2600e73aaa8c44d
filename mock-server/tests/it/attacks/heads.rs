//! Heads: too many lines, lines that are too long, bytes that are not text, unknown methods, and bytes that are not
//! HTTP/1.1.

use super::server_under_attack::{Attack, ServerUnderAttack, Trace, VENDOR, request, send_until};
use crate::support::{connect, post, requests};

const HEALTH: &str = "/__admin/health";
const UNREADABLE: &str = "this is no request in HTTP/1.1";

fn unreadable(name: &str, bytes: impl Into<Vec<u8>>) -> Attack {
    Attack::new(name, bytes, 400, UNREADABLE, Trace::Count)
}

#[tokio::test]
async fn heads_beyond_the_limits_are_refused() {
    let mut attacks = Vec::new();
    for path in [VENDOR, HEALTH] {
        let line = format!("GET {path}");
        let lines: String = (0..100).map(|number| format!("h{number}: 1\r\n")).collect();
        let heads = [
            ("too many lines", request(&line, &lines, b""), 431),
            ("a long line", request(&line, &format!("h: {}\r\n", "x".repeat(1_000_000)), b""), 431),
            ("a long name", request(&line, &format!("{}: x\r\n", "h".repeat(200_000)), b""), 431),
            ("a line without an end", request(&line, &format!("h: {}", "x".repeat(3_000_000)), b""), 431),
            ("a long path", request(&format!("{line}{}", "x".repeat(70_000)), "", b""), 414),
            ("a long query", request(&format!("{line}?{}", "x".repeat(70_000)), "", b""), 414),
            ("a first line without an end", b"x".repeat(200_000), 431),
            ("empty lines", b"\r\n".repeat(100_000), 431),
        ];
        for (name, bytes, status) in heads {
            attacks.push(Attack::new(&format!("{name} at {path}"), bytes, status, " may have ", Trace::Count));
        }
    }
    ServerUnderAttack::new().await.withstands(attacks).await;
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_where_http_has_no_place_for_them() {
    let in_place = |before: &str, after: &str| [before.as_bytes(), &[0xff, 0xfe], after.as_bytes()].concat();
    let mut attacks = vec![
        unreadable("in a path", in_place("GET /techcentrix/", " HTTP/1.1\r\nhost: mock\r\n\r\n")),
        unreadable("in a query", in_place("GET /__admin/health?", " HTTP/1.1\r\nhost: mock\r\n\r\n")),
        unreadable("in a method", in_place("G", "T /__admin/health HTTP/1.1\r\nhost: mock\r\n\r\n")),
        unreadable("in a header's name", in_place("GET /techcentrix HTTP/1.1\r\nx", ": 1\r\n\r\n")),
        unreadable("in a version", in_place("GET /techcentrix HTTP/1", "\r\n\r\n")),
    ];
    let bytes = in_place("GET /techcentrix/x HTTP/1.1\r\nhost: ", "\r\nx-odd: \u{fc}\r\n\r\n");
    attacks.push(Attack::new("in a header", bytes, 404, "no such operation", Trace::History));
    let key = in_place(&format!("POST {VENDOR} HTTP/1.1\r\nauthorization: Bearer "), "\r\ncontent-length: 0\r\n\r\n");
    attacks.push(Attack::new("in a key", key, 401, "errorCode", Trace::History));
    ServerUnderAttack::new().await.withstands(attacks).await;
}

#[tokio::test]
async fn methods_that_nobody_has_are_told_the_right_ones() {
    let mut attacks = Vec::new();
    let long = "X".repeat(5000);
    for method in ["CONNECT", "TRACE", "OPTIONS", "PATCH", "get", "BREW", "PRI", "M-SEARCH", "!#$%&'*+-.^_`|~", &long] {
        let (vendor, admin) = (format!("{method} {VENDOR}"), format!("{method} {HEALTH}"));
        attacks.push(Attack::new(&vendor, request(&vendor, "", b""), 405, "allow: POST", Trace::History));
        attacks.push(Attack::new(&admin, request(&admin, "", b""), 405, "allow: GET,HEAD", Trace::Nowhere));
    }
    for method in ["", "\"", "G(T", "G\0T", "\u{1b}[2J"] {
        attacks.push(unreadable(method, request(&format!("{method} {VENDOR}"), "", b"")));
    }
    ServerUnderAttack::new().await.withstands(attacks).await;
}

#[tokio::test]
async fn what_is_no_http_1_1_is_told_so() {
    let hello = [&[0x16, 0x03, 0x01, 0x00, 0xa5, 0x01, 0x00, 0x00, 0xa1, 0x03, 0x03][..], &[0x55; 160]].concat();
    let attacks = vec![
        unreadable("HTTP/0.9", "GET /techcentrix\r\n"),
        unreadable("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
        unreadable("HTTP/3", "GET / HTTP/3.0\r\n\r\n"),
        unreadable("TLS", hello),
        unreadable("SSH", "SSH-2.0-OpenSSH_9.9\r\n"),
        unreadable("zeros", vec![0; 100_000]),
        unreadable("a folded line", "GET / HTTP/1.1\r\na: b\r\n c\r\n\r\n"),
        unreadable("a space before the colon", "GET / HTTP/1.1\r\nhost : mock\r\n\r\n"),
        unreadable("a line without a colon", "GET / HTTP/1.1\r\nhost\r\n\r\n"),
        unreadable("a bare carriage return", "GET / HTTP/1.1\r\na: b\rc: d\r\n\r\n"),
        unreadable("a zero in a header", "GET / HTTP/1.1\r\na: b\0c\r\n\r\n"),
    ];
    ServerUnderAttack::new().await.withstands(attacks).await;
}

#[tokio::test]
async fn of_pipelined_requests_those_before_the_garbage_are_answered() {
    let mut server_under_attack = ServerUnderAttack::new().await;
    let mut stream = connect(&server_under_attack.server).await;
    let bytes = [post("/techcentrix/first", "{}"), post("/__admin/none", "{}"), b"\0\0\0\r\n\r\n".to_vec()].concat();
    let text = send_until(&mut stream, &bytes, |text| text.contains(UNREADABLE)).await;
    let statuses: Vec<&str> = text.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.get(..3)).collect();
    // The last answer states what the server expects: HTTP/1.1.
    assert_eq!(statuses[..3], ["404", "404", "400"], "{text}");
    assert_eq!(requests(&server_under_attack.server.sandbox()).len(), 1);
    server_under_attack.others_are_unharmed("garbage").await;
}

#[tokio::test]
async fn a_thousand_pipelined_requests_are_answered_in_their_order() {
    let mut server_under_attack = ServerUnderAttack::new().await;
    let mut stream = connect(&server_under_attack.server).await;
    let bytes: Vec<u8> =
        (0..1000).flat_map(|number| request(&format!("GET /techcentrix/{number}-"), "", b"")).collect();
    send_until(&mut stream, &bytes, |text| text.contains("/999-")).await;
    let targets: Vec<String> =
        requests(&server_under_attack.server.sandbox()).into_iter().map(|request| request.target).collect();
    assert_eq!(targets, (0..1000).map(|number| format!("/{number}-")).collect::<Vec<_>>());
    server_under_attack.others_are_unharmed("a thousand requests").await;
}
