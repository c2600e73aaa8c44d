//! Bodies: deeply nested, malformed, too large, and larger than they look.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use standin_mock_server::Limits;

use super::server_under_attack::{ADMIN, Attack, FORM, GZIP, ServerUnderAttack, VENDOR, posted, request, trace_at};
use crate::support::{client, heard, requests};

const DEEP: usize = 100_000;
const JSON: &str = "application/json";

fn arrays() -> Vec<u8> {
    [vec![b'['; DEEP], vec![b']'; DEEP]].concat()
}

fn objects() -> Vec<u8> {
    format!("{}1{}", r#"{"a":"#.repeat(DEEP), "}".repeat(DEEP)).into_bytes()
}

fn folded(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn refused(path: &str, media: &str, what: &str, body: &[u8]) -> Attack {
    let words = if path == ADMIN { "detail" } else { "standin-expected: " };
    Attack::new(&format!("{what} to {path}"), posted(path, media, body), 400, words, trace_at(path))
}

#[tokio::test]
async fn json_nested_deeper_than_any_stack_is_refused() {
    let mut attacks = Vec::new();
    for (what, body) in [("arrays", arrays()), ("objects", objects()), ("no end", vec![b'['; DEEP])] {
        attacks.push(refused(VENDOR, JSON, what, &body));
        for path in [ADMIN, "/__admin/sandboxes/default/faults"] {
            attacks.push(Attack { words: "recursion limit", ..refused(path, JSON, what, &body) });
        }
        attacks.push(refused(GZIP, "application/gzip", what, &folded(&body)));
        let form = [b"customer[]=", &body[..]].concat();
        attacks.push(refused(FORM, "application/x-www-form-urlencoded", what, &form));
    }
    ServerUnderAttack::new().await.withstands(attacks).await;
}

#[tokio::test]
async fn bodies_that_are_no_text_are_refused() {
    let bytes = [0xff, 0xfe, 0x00, 0x80, 0xc3, 0x28];
    let text = [b"{\"id\": \"", &bytes[..], b"\"}"].concat();
    let mut attacks = Vec::new();
    for (what, body) in [("bytes", &bytes[..]), ("text", &text)] {
        attacks.push(refused(VENDOR, JSON, what, body));
        attacks.push(refused(ADMIN, JSON, what, body));
        attacks.push(refused(GZIP, "application/gzip", what, body));
        attacks.push(refused(GZIP, "application/gzip", what, &folded(body)));
    }
    attacks.push(refused(FORM, "application/x-www-form-urlencoded", "bytes", &bytes));
    ServerUnderAttack::new().await.withstands(attacks).await;
}

#[tokio::test]
async fn an_array_is_not_taken_for_the_object_of_its_items() {
    let attack = refused(ADMIN, JSON, "an array", b"[\"mine\", 7]");
    ServerUnderAttack::new().await.withstands(vec![Attack { words: "send a JSON object", ..attack }]).await;
}

#[tokio::test]
async fn a_small_body_that_unfolds_to_a_large_one_is_refused() {
    let bomb = folded(&vec![b' '; 100 * 1024 * 1024]);
    let twice = folded(&bomb);
    let values = folded(&[b"[".to_vec(), b"0,".repeat(8 * 1024 * 1024)].concat());
    let mut attacks = Vec::new();
    for (what, body) in [("a bomb", &bomb), ("a bomb in a bomb", &twice), ("many values", &values)] {
        attacks.push(refused(GZIP, "application/gzip", what, body));
        attacks.push(refused(VENDOR, JSON, what, body));
        attacks.push(refused(ADMIN, JSON, what, body));
    }
    ServerUnderAttack::new().await.withstands(attacks).await;
}

fn chunked(path: &str, chunks: usize) -> Vec<u8> {
    let mut body = b"400\r\n".to_vec();
    body.extend([b'x'; 0x400]);
    body.extend(b"\r\n");
    let body = [body.repeat(chunks), b"0\r\n\r\n".to_vec()].concat();
    request(&format!("POST {path}"), "content-type: application/json\r\ntransfer-encoding: chunked\r\n", &body)
}

#[tokio::test]
async fn bodies_over_the_limit_are_refused_however_they_come() {
    let limits = Limits { body: 8 * 1024, ..Limits::default() };
    let mut attacks = Vec::new();
    for path in [VENDOR, ADMIN] {
        let head = |length: &str| {
            let headers = format!("content-type: application/json\r\ncontent-length: {length}\r\n");
            request(&format!("POST {path}"), &headers, b"{")
        };
        let bodies = [
            ("a byte over", posted(path, JSON, &b" ".repeat(8 * 1024 + 1))),
            ("ten times", posted(path, JSON, &b" ".repeat(80 * 1024))),
            ("announced only", head("10000000000")),
            ("announced as far as numbers go", head("18446744073709551612")),
            ("in chunks", chunked(path, 9)),
            ("in chunks without an end in sight", chunked(path, 10_000)),
        ];
        for (what, bytes) in bodies {
            let what = format!("{what} to {path}");
            attacks.push(Attack::new(&what, bytes, 413, "too large", trace_at(path)));
        }
    }
    let mut server_under_attack = ServerUnderAttack::with(limits).await;
    server_under_attack.withstands(attacks).await;
    for request in requests(&server_under_attack.server.sandbox()) {
        assert!(request.body.as_ref().is_none_or(|body| body.bytes <= 8 * 1024), "{request:?}");
    }
}

#[tokio::test]
async fn a_body_at_the_limit_is_taken() {
    let server_under_attack = ServerUnderAttack::with(Limits { body: 1024, ..Limits::default() }).await;
    let url = format!("{}{ADMIN}", server_under_attack.server.url());
    let body = |size: usize| format!("{{}}{}", " ".repeat(size - 2));
    assert_eq!(heard(client().post(&url).body(body(1024))).await.0, 201);
    assert_eq!(heard(client().post(&url).body(body(1025))).await.0, 413);
}
