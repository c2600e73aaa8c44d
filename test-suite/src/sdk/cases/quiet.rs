//! A runtime for cases without a network: events happen in one fixed order, and waiting takes no real time.

use tokio::runtime::{Builder, Runtime};

/// A runtime of one thread whose clock jumps to the next timer whenever no task can run. Waiting for a socket in it
/// would seem to take forever.
///
/// # Errors
/// If the operating system provides no event queue.
pub fn quiet_runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().start_paused(true).build()
}
