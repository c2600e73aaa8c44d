//! Handles the clients of a TLS listener, and records how far each one gets.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use standin_contracts::history::{TlsAttempt, TlsKind, TlsProgress, What};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::http;
use crate::limits::Limits;
use crate::sandbox::Sandbox;

/// The first byte of a handshake (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;
/// A fatal alert that the protocol version is not supported, in a record of TLS 1.0 (RFC 8446, section 6).
const PROTOCOL_VERSION: [u8; 7] = [21, 3, 1, 0, 2, 2, 70];

/// The handler of one listener's clients.
pub(crate) struct Host {
    pub(crate) kind: TlsKind,
    /// None if every hello is refused.
    pub(crate) acceptor: Option<TlsAcceptor>,
    pub(crate) sandbox: Sandbox,
    /// The listener without TLS, to which the good kind forwards.
    pub(crate) vendors: SocketAddr,
    pub(crate) limits: Limits,
}

/// Handles clients until `stop` is true or closed. Open connections are then cut off.
pub(crate) async fn listen(host: Host, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let host = Arc::new(host);
    let room = Arc::new(Semaphore::new(host.limits.connections));
    let mut clients = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stop.changed() => return,
            accepted = http::accept(&room, &listener) => accepted,
        };
        match accepted {
            Ok((permit, stream)) => {
                let host = host.clone();
                clients.spawn(async move {
                    host.meet(stream).await;
                    drop(permit);
                });
            }
            Err(error) => http::refused(&error).await,
        }
        while clients.try_join_next().is_some() {}
    }
}

/// A TLS connection, and the first bytes that the client sent over it.
type Heard = (TlsStream<TcpStream>, Vec<u8>);

impl Host {
    async fn meet(&self, stream: TcpStream) {
        // A client that takes longer is recorded as turned away.
        let met = tokio::time::timeout(self.limits.head_time, self.greet(stream)).await;
        match met.unwrap_or(Some((TlsProgress::TurnedAway, None))) {
            Some((TlsProgress::Spoke, Some((stream, first)))) if self.kind == TlsKind::Good => {
                self.record(TlsProgress::Spoke);
                self.lead_on(stream, &first).await;
            }
            Some((went, _)) => self.record(went),
            None => {}
        }
    }

    fn record(&self, went: TlsProgress) {
        self.sandbox.record(What::Tls(TlsAttempt { listener: self.kind, went }));
    }

    /// How far a client gets, and what it sent after a handshake. None if it disconnected without a byte.
    async fn greet(&self, stream: TcpStream) -> Option<(TlsProgress, Option<Heard>)> {
        let mut first = [0];
        match stream.peek(&mut first).await {
            Ok(1) if first == [HANDSHAKE] => {}
            Ok(1) => return Some((TlsProgress::InClear, None)),
            _ => return None,
        }
        let Some(acceptor) = &self.acceptor else {
            turn_away(stream).await;
            return Some((TlsProgress::TurnedAway, None));
        };
        let Ok(mut stream) = acceptor.accept(stream).await else { return Some((TlsProgress::TurnedAway, None)) };
        let mut sent = vec![0; 4096];
        let count = stream.read(&mut sent).await.unwrap_or(0);
        sent.truncate(count);
        Some(if sent.is_empty() { (TlsProgress::Silent, None) } else { (TlsProgress::Spoke, Some((stream, sent))) })
    }

    /// Forwards bytes in both directions, until either side closes.
    async fn lead_on(&self, mut client: TlsStream<TcpStream>, first: &[u8]) {
        let passed = async {
            let mut vendors = TcpStream::connect(self.vendors).await?;
            vendors.set_nodelay(true)?;
            vendors.write_all(first).await?;
            copy_bidirectional(&mut client, &mut vendors).await
        };
        if let Err(error) = passed.await {
            tracing::debug!(%error, "a connection over TLS ended early");
        }
    }
}

/// Reads a hello to its end, and answers that its version is not supported.
async fn turn_away(mut stream: TcpStream) {
    let said: io::Result<()> = async {
        let mut head = [0; 5];
        stream.read_exact(&mut head).await?;
        let mut hello = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
        stream.read_exact(&mut hello).await?;
        stream.write_all(&PROTOCOL_VERSION).await?;
        stream.shutdown().await
    }
    .await;
    if let Err(error) = said {
        tracing::debug!(%error, "a hello was not heard to its end");
    }
}
