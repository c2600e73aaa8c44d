//! Prints on a thread of its own, so that a slow or stuck reader delays nothing else.

use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use standin_test_suite::live_judge::Tell;

/// The longest wait for a stuck reader at the end.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Prints texts in the order they come.
pub(crate) struct Printer {
    texts: Sender<String>,
    printed: Receiver<()>,
}

impl Printer {
    /// Prints to standard output or standard error, in colours if that is a terminal.
    pub(crate) fn start(to_stdout: bool) -> Self {
        let (texts, taken) = mpsc::channel();
        let (done, printed) = mpsc::channel();
        std::thread::spawn(move || {
            print_all(&taken, to_stdout);
            drop(done);
        });
        Self { texts, printed }
    }

    pub(crate) fn tell(&self) -> Tell {
        let texts = self.texts.clone();
        // If the reader is gone, the text is dropped.
        Arc::new(move |text| drop(texts.send(text)))
    }

    /// Waits until everything is printed, or the timeout ends. Every sender that [`Printer::tell`] returned must be
    /// dropped before.
    pub(crate) fn finish(self) {
        let Self { texts, printed } = self;
        drop(texts);
        let _ = printed.recv_timeout(TIMEOUT);
    }
}

fn print_all(texts: &Receiver<String>, to_stdout: bool) {
    for text in texts {
        let printed = if to_stdout { print(anstream::stdout(), &text) } else { print(anstream::stderr(), &text) };
        if printed.is_err() {
            return;
        }
    }
}

fn print(mut out: impl Write, text: &str) -> std::io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.flush()
}
