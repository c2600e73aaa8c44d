//! Prints from a thread of its own: a reader that is slow or stuck holds up nobody else.

use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use standin_test_suite::live_judge::Tell;

/// How long a stuck reader is waited for at the end.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Prints texts in the order they come.
pub(crate) struct Printer {
    texts: Sender<String>,
    printed: Receiver<()>,
}

impl Printer {
    /// Prints to standard output, or else to standard error; in colours where that is a terminal.
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
        // Where the reader is gone, nobody is told.
        Arc::new(move |text| drop(texts.send(text)))
    }

    /// Waits until everything is printed, or the reader is given up. Nothing that [`Printer::tell`] gave may be left.
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
