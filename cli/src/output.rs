//! The output of the program: text, errors, exit codes.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use standin_contracts::contract::InvalidFile;
use standin_test_suite::report::exit;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Why a command failed, and the exit code for it.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    text: String,
}

impl Failure {
    fn new(code: u8, message: impl Display) -> Self {
        Self { code, text: format!("\x1b[1;31merror\x1b[0m: {message}") }
    }

    /// The command line, a file or a filter is wrong.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self::new(exit::USAGE, message)
    }

    /// A file with errors, each shown with its place.
    pub(crate) fn refused(refused: &InvalidFile) -> Self {
        Self { code: exit::USAGE, text: refused.render(true) }
    }

    pub(crate) fn several(failures: &[Self]) -> Self {
        let texts: Vec<&str> = failures.iter().map(|failure| failure.text.as_str()).collect();
        Self { code: exit::USAGE, text: texts.join("\n\n") }
    }

    /// The command line or a file asks for something impossible. The message has all causes.
    pub(crate) fn because(error: &dyn std::error::Error) -> Self {
        let causes = std::iter::successors(Some(error), |error| error.source());
        Self::usage(causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
    }

    /// A server or subject that is not there.
    pub(crate) fn absent(message: impl Display) -> Self {
        Self::new(exit::SUBJECT, message)
    }

    pub(crate) fn ours(message: impl Display) -> Self {
        Self::new(exit::OURS, message)
    }

    /// A signal ended the program. The exit code is the shell's for this signal.
    pub(crate) fn interrupted(signal: u8) -> Self {
        Self::new(128 + signal, "interrupted")
    }
}

/// The program's exit code. An error is printed first.
pub(crate) fn exit(result: Result<u8, Failure>) -> ExitCode {
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            // If standard error has no reader, the exit code alone must do.
            let _ = writeln!(anstream::stderr(), "{}", failure.text);
            ExitCode::from(failure.code)
        }
    }
}

/// Prints text, with its colours if the output is a terminal. A closed output is no error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::ours(format!("can't write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Sends logs to standard error. `RUST_LOG` sets the level; the default is `warn`.
pub(crate) fn log_to_stderr() {
    let filter = EnvFilter::builder().with_default_directive(tracing::Level::WARN.into()).from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().init();
}

/// A runtime for the commands that use the network.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Runtime::new().map_err(|error| Failure::ours(format!("can't start: {error}")))
}

/// The signals that end the program. While this exists, they don't kill it.
pub(crate) struct Ending {
    terminate: Signal,
    interrupt: Signal,
}

impl Ending {
    /// Starts listening. Must be called inside a runtime.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|error| Failure::ours(format!("can't listen for signals: {error}")));
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    /// Waits for the first signal, and returns its number.
    pub(crate) async fn wait(&mut self) -> u8 {
        tokio::select! {
            _ = self.terminate.recv() => 15,
            _ = self.interrupt.recv() => 2,
        }
    }
}
