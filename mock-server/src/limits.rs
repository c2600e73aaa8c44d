//! What a client may take of the server before it is refused or cut off.

use std::time::Duration;

/// What is bounded, so that no client can take the server from the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The largest body that is accepted, in bytes: 1 MiB unless told otherwise.
    pub body: usize,
    /// The largest head (request line and header fields), in bytes: 128 KiB.
    pub head: usize,
    /// How many connections are open at once: 4096. More wait in the kernel's queue.
    pub connections: usize,
    /// How long a head may take, and so how long a connection may idle: a minute.
    pub head_time: Duration,
    /// How long a body may take: 30 seconds.
    pub body_time: Duration,
    /// How long a client may take nothing of its answer: 30 seconds.
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
