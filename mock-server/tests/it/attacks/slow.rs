//! Slow clients and greedy ones: a limit ends each. The limits are short here. The tests wait for the end of the
//! connection, never for a time.

use std::time::Duration;

use standin_contracts::history::What;
use standin_mock_server::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::server_under_attack::{ADMIN, ServerUnderAttack, VENDOR, hear, request, send};
use crate::support::{connect, issue_bytes, read_to_end, requests, responses, until};

/// A short limit that is still much longer than a valid client needs.
const SHORT: Duration = Duration::from_millis(700);
/// The pause between two bytes of a slow client. It is short enough that the connection never idles.
const BETWEEN_BYTES: Duration = Duration::from_millis(20);

/// Sends a byte again and again until an answer arrives.
async fn drip(stream: &mut TcpStream) -> String {
    loop {
        let _ = stream.write_all(b" ").await;
        let mut first = [0];
        if let Ok(read) = tokio::time::timeout(BETWEEN_BYTES, stream.read(&mut first)).await {
            let heard = String::from_utf8_lossy(&first[..read.unwrap_or(0)]).into_owned();
            return heard + &hear(stream).await;
        }
    }
}

#[tokio::test]
async fn a_request_that_comes_byte_by_byte_is_served() {
    let mut server_under_attack = ServerUnderAttack::new().await;
    let mut stream = connect(&server_under_attack.server).await;
    for byte in issue_bytes("ann") {
        stream.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert!(hear(&mut stream).await.starts_with("HTTP/1.1 200 "));
    server_under_attack.others_are_unharmed("a slow one").await;
}

#[tokio::test]
async fn a_head_that_never_ends_is_ended() {
    let server_under_attack = ServerUnderAttack::with(Limits { head_time: SHORT, ..Limits::default() }).await;
    for (count, dripping) in [(1, false), (2, true)] {
        let mut stream = connect(&server_under_attack.server).await;
        stream.write_all(b"POST /techcentrix HTTP/1.1\r\nx-slow: ").await.unwrap();
        let text = if dripping { drip(&mut stream).await } else { hear(&mut stream).await };
        assert!(text.starts_with("HTTP/1.1 408 ") && text.contains("standin-mock"), "{text}");
        assert!(text.contains("the head of the request was not there within 700ms"), "{text}");
        assert_eq!(read_to_end(&mut stream).await.0, "");
        assert_eq!(server_under_attack.unreadable().await, count);
    }
    assert!(requests(&server_under_attack.server.sandbox()).is_empty());
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_ended_without_a_word() {
    let server_under_attack = ServerUnderAttack::with(Limits { head_time: SHORT, ..Limits::default() }).await;
    let mut fresh = connect(&server_under_attack.server).await;
    let mut used = connect(&server_under_attack.server).await;
    assert!(send(&mut used, &issue_bytes("ann")).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(read_to_end(&mut fresh).await.0, "");
    assert_eq!(read_to_end(&mut used).await.0, "");
    assert_eq!(server_under_attack.unreadable().await, 0);
}

#[tokio::test]
async fn a_body_that_never_ends_is_ended_told_so_and_recorded() {
    let mut server_under_attack = ServerUnderAttack::with(Limits { body_time: SHORT, ..Limits::default() }).await;
    let chunked = "transfer-encoding: chunked\r\n";
    for (path, dripping) in [(VENDOR, false), (VENDOR, true), (ADMIN, false), (ADMIN, true)] {
        for (headers, start) in [("content-length: 10000\r\n", &b"{"[..]), (chunked, b"2710\r\n{")] {
            let mut stream = connect(&server_under_attack.server).await;
            stream.write_all(&request(&format!("POST {path}"), headers, start)).await.unwrap();
            let text = if dripping { drip(&mut stream).await } else { hear(&mut stream).await };
            assert!(text.starts_with("HTTP/1.1 408 ") && text.contains("standin-mock"), "{text}");
            assert!(text.contains("the body was not there within 700ms"), "{text}");
            server_under_attack.others_are_unharmed("a slow body").await;
        }
    }
    let asked = requests(&server_under_attack.server.sandbox());
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|request| request.body.as_ref().is_some_and(|body| body.text.starts_with('{'))));
    assert_eq!(
        responses(&server_under_attack.server.sandbox()).iter().filter(|response| response.status == 408).count(),
        4
    );
}

/// A connection whose buffers hold almost no unread bytes.
async fn narrow(server_under_attack: &ServerUnderAttack) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(server_under_attack.server.address()).await.unwrap()
}

/// Enough requests that their answers fill all buffers between server and client.
fn flood() -> Vec<u8> {
    request(&format!("GET /techcentrix/{}", "!".repeat(60_000)), "", b"").repeat(500)
}

#[tokio::test]
async fn a_client_who_never_reads_its_answers_is_given_up() {
    let mut server_under_attack = ServerUnderAttack::with(Limits { answer_time: SHORT, ..Limits::default() }).await;
    let mut stream = narrow(&server_under_attack).await;
    let flood = flood();
    // This ends in an error, since the server closes the connection during the write.
    assert!(stream.write_all(&flood).await.is_err());
    until(&server_under_attack.server.sandbox(), |what| matches!(what, What::SendFailed { .. })).await;
    assert!(requests(&server_under_attack.server.sandbox()).len() < 500);
    server_under_attack.others_are_unharmed("a client who never reads").await;
}

#[tokio::test]
async fn a_client_who_vanishes_in_the_middle_of_its_answers_harms_nobody() {
    let mut server_under_attack = ServerUnderAttack::new().await;
    for _ in 0..3 {
        let mut stream = narrow(&server_under_attack).await;
        let flood = flood();
        let mut first = [0; 1000];
        let (mut reading, mut writing) = stream.split();
        tokio::select! {
            _ = writing.write_all(&flood) => panic!("all of it was taken"),
            read = reading.read_exact(&mut first) => assert!(read.is_ok()),
        }
        stream.set_zero_linger().unwrap();
        drop(stream);
        server_under_attack.others_are_unharmed("a client who vanished").await;
    }
}
