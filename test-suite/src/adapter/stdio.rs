//! The carrier over a process's standard input and output: one JSON value per line, answers in any order.

use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::protocol::Millis;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::{mpsc, oneshot};

use super::AdapterError;
use super::http::LONGEST;
use super::remote::{AdapterAnswer, Ask, Carrier, shown};

/// A line to an adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestLine {
    /// The number that links the request to its answer.
    pub id: u64,
    /// The request.
    #[serde(flatten)]
    pub ask: Ask,
}

/// A line from an adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerLine {
    /// The number of the request.
    pub id: u64,
    /// The answer.
    #[serde(flatten)]
    pub told: AdapterAnswer,
}

/// A carrier to an adapter through its pipes.
pub(super) struct Stdio {
    lines: mpsc::UnboundedSender<String>,
    waiting: Arc<Mutex<Waiting>>,
    within: Millis,
}

#[derive(Default)]
struct Waiting {
    last: u64,
    /// The senders by request number. One that was given up stays until its late answer comes.
    open: BTreeMap<u64, oneshot::Sender<Result<AdapterAnswer, AdapterError>>>,
    /// The error that ended the connection, if it has ended.
    over: Option<AdapterError>,
}

impl Stdio {
    /// A carrier over the pipes of a process. It waits for each answer for `within` at most.
    pub(super) fn new(input: ChildStdin, output: ChildStdout, within: Millis) -> Self {
        let (lines, to_write) = mpsc::unbounded_channel();
        let waiting = Arc::<Mutex<Waiting>>::default();
        tokio::spawn(write(input, to_write));
        tokio::spawn(read(output, waiting.clone()));
        Self { lines, waiting, within }
    }

    async fn exchange(&self, ask: Ask) -> Result<AdapterAnswer, AdapterError> {
        let name = ask.to_string();
        let answer = self.send(ask)?;
        let late = |_| Err(AdapterError::Silent(format!("{name} within {}", self.within)));
        match tokio::time::timeout(Duration::from(self.within), answer).await {
            Ok(answer) => answer.unwrap_or_else(|_| Err(ended())),
            Err(elapsed) => late(elapsed),
        }
    }

    /// Queues a line. The receiver gets its answer.
    fn send(&self, ask: Ask) -> Result<oneshot::Receiver<Result<AdapterAnswer, AdapterError>>, AdapterError> {
        let (sender, receiver) = oneshot::channel();
        let id = self.waiting.lock().open(sender)?;
        let line = serde_json::to_string(&RequestLine { id, ask });
        let line = line.map_err(|error| AdapterError::Broken(format!("this can't be asked: {error}")))?;
        // If the writer has ended, so has the reader, and the reader reports why.
        let _ = self.lines.send(line + "\n");
        Ok(receiver)
    }
}

impl Carrier for Stdio {
    fn ask(&self, ask: Ask) -> BoxFuture<'_, Result<AdapterAnswer, AdapterError>> {
        Box::pin(self.exchange(ask))
    }

    fn path(&self, location: &str) -> Result<String, String> {
        if location.starts_with('/') { Ok(location.to_owned()) } else { Err("a path begins with `/`".to_owned()) }
    }
}

impl Waiting {
    fn open(&mut self, sender: oneshot::Sender<Result<AdapterAnswer, AdapterError>>) -> Result<u64, AdapterError> {
        match &self.over {
            Some(why) => Err(why.clone()),
            None => {
                self.last += 1;
                self.open.insert(self.last, sender);
                Ok(self.last)
            }
        }
    }

    /// Passes an answer to the task that waits for it.
    fn answered(&mut self, line: &[u8]) -> Result<(), AdapterError> {
        let answer: AnswerLine = serde_json::from_slice(line).map_err(|error| {
            let line = shown(&String::from_utf8_lossy(line));
            AdapterError::Broken(format!(
                "its standard output has a line that is no answer ({error}): `{line}`; whatever else is printed belongs to \
                 standard error"
            ))
        })?;
        let id = answer.id;
        let waiting = self.open.remove(&id);
        let waiting =
            waiting.ok_or_else(|| AdapterError::Broken(format!("it answered {id}, which nobody waits for")))?;
        // A task that gave up has reported the timeout itself.
        let _ = waiting.send(Ok(answer.told));
        Ok(())
    }

    /// Tells every waiting task that there will be no answer.
    fn end(&mut self, why: &AdapterError) {
        self.over = Some(why.clone());
        for (_, waiting) in std::mem::take(&mut self.open) {
            let _ = waiting.send(Err(why.clone()));
        }
    }
}

async fn write(mut input: ChildStdin, mut lines: mpsc::UnboundedReceiver<String>) {
    while let Some(line) = lines.recv().await {
        if input.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Passes answers on until the output ends or an answer is wrong.
async fn read(output: ChildStdout, waiting: Arc<Mutex<Waiting>>) {
    let mut output = BufReader::new(output);
    let why = loop {
        match next_line(&mut output).await {
            Ok(line) if line.trim_ascii().is_empty() => {}
            Ok(line) => {
                if let Err(why) = waiting.lock().answered(&line) {
                    break why;
                }
            }
            Err(why) => break why,
        }
    };
    waiting.lock().end(&why);
}

async fn next_line(output: &mut BufReader<ChildStdout>) -> Result<Vec<u8>, AdapterError> {
    let mut line = Vec::new();
    let most = LONGEST as u64 + 1;
    match output.take(most).read_until(b'\n', &mut line).await {
        Ok(0) | Err(_) => Err(ended()),
        Ok(_) if line.len() > LONGEST => {
            Err(AdapterError::Broken(format!("its standard output has a line of more than {LONGEST} bytes")))
        }
        Ok(_) => Ok(line),
    }
}

fn ended() -> AdapterError {
    AdapterError::Gone("its standard output has ended".to_owned())
}
