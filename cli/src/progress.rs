//! Progress of long work: on a terminal a line that is replaced, elsewhere a line each ten seconds.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use standin_mock_server::clock::Stopwatch;

/// The time between two lines where there is no terminal.
const EVERY: Duration = Duration::from_secs(10);

/// Shows what is being done, until it is dropped.
pub(crate) struct Progress {
    /// None on a terminal.
    beat: Option<(Sender<String>, JoinHandle<()>)>,
}

impl Progress {
    pub(crate) fn begin() -> Self {
        if std::io::stderr().is_terminal() {
            return Self { beat: None };
        }
        let (tell, told) = channel();
        Self { beat: Some((tell, std::thread::spawn(move || beat(&told)))) }
    }

    /// Says what is being done now.
    pub(crate) fn say(&self, text: &str) {
        match &self.beat {
            // Where standard error is closed there is nobody to tell.
            None => drop(write!(std::io::stderr(), "\r\x1b[K{text}")),
            Some((tell, _)) => drop(tell.send(text.to_owned())),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        match self.beat.take() {
            None => drop(write!(std::io::stderr(), "\r\x1b[K")),
            Some((tell, beat)) => {
                drop(tell);
                // A thread that panicked has said so already.
                drop(beat.join());
            }
        }
    }
}

/// Prints a line each time that is due, until the sender is gone.
fn beat(told: &Receiver<String>) {
    let clock = Stopwatch::start();
    let now = || Duration::from(clock.elapsed());
    let mut heart = Heart::default();
    loop {
        match told.recv_timeout(heart.due().saturating_sub(now())) {
            Ok(text) => heart.hear(text, now()),
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                if let Some(line) = heart.beat(now()) {
                    drop(writeln!(std::io::stderr(), "{line}"));
                }
            }
        }
    }
}

/// What is being done, since when, and when that was told last.
#[derive(Default)]
struct Heart {
    text: String,
    since: Duration,
    told: Duration,
}

impl Heart {
    /// When the next line is due.
    fn due(&self) -> Duration {
        self.told + EVERY
    }

    fn hear(&mut self, text: String, now: Duration) {
        (self.text, self.since) = (text, now);
    }

    /// The line that is due now, if something is being done.
    fn beat(&mut self, now: Duration) -> Option<String> {
        self.told = now;
        let text = &self.text;
        let seconds = now.saturating_sub(self.since).as_secs();
        (!text.is_empty()).then(|| format!("standin: {text}, {seconds} s"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_each_ten_seconds_whatever_happens_in_between() {
        let at = Duration::from_secs;
        let mut heart = Heart::default();
        assert_eq!((heart.due(), heart.beat(at(10))), (at(10), None));
        heart.hear("sentiance: scenario 3 of 25, repeat".to_owned(), at(14));
        assert_eq!(heart.due(), at(20));
        assert_eq!(heart.beat(at(20)).as_deref(), Some("standin: sentiance: scenario 3 of 25, repeat, 6 s"));
        assert_eq!(heart.due(), at(30));
    }
}
