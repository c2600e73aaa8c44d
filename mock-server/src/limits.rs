//! Limits on the server's resources. A client that exceeds one is refused or disconnected.

use std::time::Duration;

/// The limits for each client, so that no client can block the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The largest body that is accepted, in bytes. Default: 1 MiB.
    pub body: usize,
    /// The largest head (request line and header fields), in bytes. Default: 128 KiB.
    pub head: usize,
    /// The most connections that are open at once. Default: 4096. More wait in the kernel's queue.
    pub connections: usize,
    /// The longest time for a head, and so the longest time that a connection may idle. Default: a minute.
    pub head_time: Duration,
    /// The longest time for a body. Default: 30 seconds.
    pub body_time: Duration,
    /// The longest time in which a client reads nothing of its answer. Default: 30 seconds.
    pub answer_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1024 * 1024,
            head: 128 * 1024,
            connections: 4096,
            head_time: Duration::from_mins(1),
            body_time: Duration::from_secs(30),
            answer_time: Duration::from_secs(30),
        }
    }
}
