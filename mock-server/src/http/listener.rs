//! The accept loop: one task a connection, and an end that waits for answers that are on their way.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::wire::{Control, Wire};
use super::{App, Origin};

/// More connections than this wait in the kernel's queue.
const MOST_CONNECTIONS: usize = 4096;
/// How long a request's head may take, and how long a connection may idle.
const HEAD_TIMEOUT: Duration = Duration::from_mins(1);
/// How long answers on their way are waited for at the end.
const GRACE: Duration = Duration::from_secs(2);
/// A pause after the kernel refused a connection, because it is out of something.
const BREATH: Duration = Duration::from_millis(50);

/// Serves connections until `stop` is told or closed, then lets those finish that answer.
pub(crate) async fn listen(app: Arc<App>, origin: Origin, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else { break };
        tokio::select! {
            _ = stop.changed() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let serving = serve(app.clone(), origin, stream, stop.clone());
                    connections.spawn(async move {
                        serving.await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(BREATH).await;
                }
            },
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let rest = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, rest).await.is_err() {
        tracing::warn!("stopped before every answer had left");
    }
}

async fn serve(app: Arc<App>, origin: Origin, stream: TcpStream, mut stop: watch::Receiver<bool>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let control = Arc::new(Control::default());
    let io = TokioIo::new(Wire::new(stream, control.clone()));
    let service = service_fn(move |request| super::handle(app.clone(), origin, control.clone(), request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .auto_date_header(false)
        .serve_connection(io, service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stop.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
