//! TLS listeners: the certificate of each, and what is recorded of their clients.

use reqwest::{Certificate, Client};
use standin_contracts::history::{TlsKind, TlsProgress, What};
use standin_mock_server::tls::TlsOrigin;
use standin_mock_server::{MockServer, Sandbox};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{history, issue, server};

const BAD: [TlsKind; 4] = [TlsKind::UntrustedAuthority, TlsKind::WrongHost, TlsKind::Expired, TlsKind::SelfSigned];

async fn open(kind: TlsKind) -> (MockServer, TlsOrigin) {
    let mut server = server(&["techcentrix"]).await;
    let origin = server.open_tls(kind).await.unwrap();
    (server, origin)
}

/// A client that trusts the authority of this listener only.
fn careful(origin: &TlsOrigin) -> Client {
    let authority = Certificate::from_pem(origin.authority.as_bytes()).unwrap();
    Client::builder().no_proxy().tls_certs_only([authority]).build().unwrap()
}

/// A client that accepts any certificate.
fn careless() -> Client {
    Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).build().unwrap()
}

/// The first recorded attempt.
async fn attempt(sandbox: &Sandbox) -> (TlsKind, TlsProgress) {
    let mut changed = sandbox.changed();
    loop {
        let events = sandbox.history_after(0, usize::MAX);
        let mut attempts = events.iter().filter_map(|event| match event.event {
            What::Tls(attempt) => Some((attempt.listener, attempt.went)),
            _ => None,
        });
        if let Some(first) = attempts.next() {
            return first;
        }
        changed.changed().await.unwrap();
    }
}

#[tokio::test]
async fn the_good_listener_leads_to_the_vendor() {
    let (server, origin) = open(TlsKind::Good).await;
    let base = format!("{}/techcentrix", origin.url);
    let answer = issue(&careful(&origin), &base, "wrong", "ann").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(answer.headers().contains_key("standin-mock"));
    let events = history(&server.sandbox());
    assert!(matches!(&events[0].event, What::Tls(attempt) if attempt.went == TlsProgress::Spoke));
    assert!(matches!(&events[1].event, What::Request(_)));
}

#[tokio::test]
async fn a_client_that_looks_says_nothing_to_a_bad_listener() {
    for kind in BAD {
        let (server, origin) = open(kind).await;
        careful(&origin).get(&origin.url).send().await.unwrap_err();
        assert_eq!(attempt(&server.sandbox()).await, (kind, TlsProgress::TurnedAway));
    }
}

#[tokio::test]
async fn a_client_that_does_not_look_is_caught_as_it_speaks() {
    for kind in BAD {
        let (server, origin) = open(kind).await;
        careless().get(&origin.url).send().await.unwrap_err();
        assert_eq!(attempt(&server.sandbox()).await, (kind, TlsProgress::Spoke));
    }
}

#[tokio::test]
async fn an_old_listener_turns_every_hello_away() {
    let (server, origin) = open(TlsKind::OldProtocol).await;
    careless().get(&origin.url).send().await.unwrap_err();
    assert_eq!(attempt(&server.sandbox()).await, (TlsKind::OldProtocol, TlsProgress::TurnedAway));
    let mut raw = TcpStream::connect(origin.url.trim_start_matches("https://")).await.unwrap();
    raw.write_all(&[22, 3, 1, 0, 2, 1, 0]).await.unwrap();
    let mut heard = Vec::new();
    raw.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, [21, 3, 1, 0, 2, 2, 70], "a fatal alert: protocol_version");
}

#[tokio::test]
async fn who_speaks_in_clear_instead_is_caught() {
    for kind in [TlsKind::Good, TlsKind::OldProtocol, TlsKind::Expired] {
        let (server, origin) = open(kind).await;
        careless().get(origin.url.replace("https", "http")).send().await.unwrap_err();
        assert_eq!(attempt(&server.sandbox()).await, (kind, TlsProgress::InClear));
    }
}

#[tokio::test]
async fn who_hangs_up_without_a_word_is_nobody() {
    let (server, origin) = open(TlsKind::SelfSigned).await;
    drop(TcpStream::connect(origin.url.trim_start_matches("https://")).await.unwrap());
    careless().get(&origin.url).send().await.unwrap_err();
    assert_eq!(attempt(&server.sandbox()).await.1, TlsProgress::Spoke);
    assert_eq!(history(&server.sandbox()).len(), 1);
}
