//! Refusals for keys and sessions say in a header what the operation takes and what was wrong. They repeat no value.

use standin_contracts::protocol::Millis;
use standin_mock_server::{KeyState, MockServer};

use crate::support::{client, connect, heard, read_answer, send, server};

/// A call of Sentiance's, as literal bytes, with these lines about who makes it.
fn call(line: &str, who: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{line} HTTP/1.1\r\nhost: mock\r\n{who}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// The status and the header of the answer to these bytes. Every other part of the answer keeps what was sent to itself.
async fn expected(server: &MockServer, bytes: &[u8]) -> (String, Option<String>) {
    let mut stream = connect(server).await;
    send(&mut stream, bytes).await;
    let answer = read_answer(&mut stream).await;
    let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
    let header = answer.lines().find_map(|line| line.strip_prefix("standin-expected: "));
    (status, header.map(str::to_owned))
}

const ASK: &str = "POST /sentiance/users/auth-code";
const BODY: &str = r#"{"external_id": "ann"}"#;
const KEY: &str = "authorization: Bearer standin-server-key\r\n";
const TAKES_A_KEY: &str = "a server key with the scope user.link in `Authorization: Bearer ...`; ";

#[tokio::test]
async fn a_key_that_is_missing_or_wrong_is_told_and_never_repeated() {
    let server = server(&["sentiance"]).await;
    let refused = [
        ("", "no such key was sent"),
        ("authorization: standin-server-key\r\n", "no such key was sent"),
        ("authorization: Bearer tell-nobody\r\n", "the key that was sent is none of this sandbox's keys"),
    ];
    for (who, lacking) in refused {
        let (status, header) = expected(&server, &call(ASK, who, BODY)).await;
        assert_eq!((status.as_str(), header), ("401", Some(format!("{TAKES_A_KEY}{lacking}"))), "{who}");
    }
    assert_eq!(expected(&server, &call(ASK, KEY, BODY)).await, ("200".to_owned(), None));
}

#[tokio::test]
async fn a_key_that_is_revoked_expired_or_without_its_scope_is_told() {
    let server = server(&["sentiance"]).await;
    let states = [
        (KeyState::Revoked, "401", "the key that was sent is revoked"),
        (KeyState::Expired, "401", "the key that was sent has expired"),
        (KeyState::WithoutScope, "403", "the key that was sent does not allow this call"),
    ];
    for (state, code, lacking) in states {
        server.sandbox().set_key_state("sentiance", "server_key#1", state).unwrap();
        let (status, header) = expected(&server, &call(ASK, KEY, BODY)).await;
        assert_eq!((status.as_str(), header), (code, Some(format!("{TAKES_A_KEY}{lacking}"))), "{state:?}");
    }
}

#[tokio::test]
async fn a_session_that_is_missing_wrong_ended_or_expired_is_told() {
    let server = server(&["sentiance"]).await;
    let base = server.vendor_url("sentiance");
    let sign_in = async |install: &str| {
        let body = serde_json::json!({ "install_id": install });
        let (_, made) = heard(client().post(format!("{base}/sdk/users")).json(&body)).await;
        made["token"].as_str().unwrap().to_owned()
    };
    let told = async |who: &str| expected(&server, &call("DELETE /sentiance/sdk/session", who, "")).await;
    let refused = |lacking: &str| {
        ("401".to_owned(), Some(format!("a session's token in `Authorization: Bearer ...`; {lacking}")))
    };
    assert_eq!(told("").await, refused("no session was sent"));
    assert_eq!(
        told("authorization: Bearer tell-nobody\r\n").await,
        refused("the token that was sent is none of this sandbox's")
    );
    let (ended, late) = (sign_in("i-1").await, sign_in("i-2").await);
    let (status, _) = heard(client().delete(format!("{base}/sdk/session")).bearer_auth(&ended)).await;
    assert_eq!(status, 204);
    let bearer = |token: &str| format!("authorization: Bearer {token}\r\n");
    assert_eq!(told(&bearer(&ended)).await, refused("the session that was sent was ended"));
    server.sandbox().advance(Millis::from_secs(366 * 24 * 3600));
    assert_eq!(told(&bearer(&late)).await, refused("the session that was sent has expired"));
}

#[tokio::test]
async fn a_refresh_token_that_is_wrong_is_told_where_no_key_is_asked_for() {
    let server = server(&["sentiance"]).await;
    let bytes = call("POST /sentiance/sdk/sessions/refresh", "", r#"{"refresh_token": "tell-nobody"}"#);
    let (_, header) = expected(&server, &bytes).await;
    let words = "a refresh token that was not used yet; the token that was sent is none of this sandbox's";
    assert_eq!(header.as_deref(), Some(words));
}
