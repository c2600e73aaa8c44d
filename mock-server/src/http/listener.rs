//! The accept loop: one task per connection. At shutdown, it waits for answers that are being sent.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::wire::{Control, Wire};
use super::{App, Origin, unreadable};

/// The longest wait at shutdown for answers that are being sent.
const GRACE: Duration = Duration::from_secs(2);
/// The pause after the kernel refused a connection, because a resource has run out.
const BREATH: Duration = Duration::from_millis(50);

/// Serves connections until `stop` is true or closed, and then lets running answers finish.
pub(crate) async fn listen(app: Arc<App>, origin: Origin, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(app.limits.connections));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stop.changed() => break,
            accepted = accept(&room, &listener) => accepted,
        };
        match accepted {
            Ok((permit, stream)) => {
                let serving = serve(app.clone(), origin, stream, stop.clone());
                connections.spawn(async move {
                    serving.await;
                    drop(permit);
                });
            }
            Err(error) => refused(&error).await,
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let rest = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, rest).await.is_err() {
        tracing::warn!("stopped before every answer had left");
    }
}

/// Logs that the kernel refused a connection, and pauses.
pub(crate) async fn refused(error: &io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(BREATH).await;
}

/// The next connection, once the limit allows one more.
pub(crate) async fn accept(
    room: &Arc<Semaphore>,
    listener: &TcpListener,
) -> io::Result<(OwnedSemaphorePermit, TcpStream)> {
    if room.available_permits() == 0 {
        tracing::warn!("as many connections as there may be are open: the next ones wait");
    }
    let permit = room.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((permit, stream))
}

async fn serve(app: Arc<App>, origin: Origin, stream: TcpStream, mut stop: watch::Receiver<bool>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let control = Arc::new(Control::default());
    let io = TokioIo::new(Wire::new(stream, control.clone(), app.clone()));
    let service = service_fn(|request| super::handle(app.clone(), origin, control.clone(), request));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(app.limits.head_time)
        .max_header_size(app.limits.head)
        .auto_date_header(false)
        .serve_connection(io, service);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        _ = stop.changed() => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            (&mut connection).await
        }
    };
    let Err(error) = ended else { return };
    tracing::debug!(%error, "a connection ended early");
    let parts = connection.into_parts();
    if !parts.read_buf.is_empty() && (error.is_timeout() || error.is_parse()) {
        let status = if error.is_timeout() { 408 } else { 400 };
        last_words(&app, parts.io.into_inner(), status).await;
    }
}

/// Sends the client the reason why the server closes its connection, unless it was sent already.
async fn last_words(app: &App, mut wire: Wire, status: u16) {
    if wire.has_answered_unreadable() {
        return;
    }
    if let Err(error) = wire.write_all(&unreadable::answer(app, status)).await {
        tracing::debug!(%error, "nobody heard why the connection ended");
    }
}
