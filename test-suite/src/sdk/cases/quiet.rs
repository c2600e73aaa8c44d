//! Where lives are played without a network: everything happens in one order, and nothing takes real time.

use tokio::runtime::{Builder, Runtime};

/// A runtime of one thread whose clock jumps to the next timer whenever nothing else is left to do. What waits for a socket
/// would seem to take for ever in it.
///
/// # Errors
/// If the operating system gives it no way to wait.
pub fn quiet_runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().start_paused(true).build()
}
