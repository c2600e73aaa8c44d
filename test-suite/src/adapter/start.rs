//! Starts the adapter that a user's file describes, or connects to one that runs already.

use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::http::Http;
use super::remote::Remote;
use super::stdio::Stdio;
use super::{About, Adapter, AdapterError, Install, Setup};
use crate::driver::{ASK_AGAIN, CarrierName, Halt, Output, Process, SdkTable, free_port};

/// A running adapter. When it is stopped or dropped, it ends with all processes that it started.
pub struct Running {
    remote: Remote,
    /// The adapter's process. None for an adapter that ran already.
    process: Mutex<Option<Process>>,
}

/// Starts the adapter or connects to it, and waits until it describes itself. `folder` is the folder of the file.
///
/// # Errors
/// If it can't be run, ends by itself, or does not describe itself in time.
pub async fn start(table: &SdkTable, folder: &Path) -> Result<Running, Halt> {
    let folder = table.cwd.as_ref().map_or_else(|| folder.to_owned(), |below| folder.join(below));
    let running = match table.carrier {
        CarrierName::Stdio => talking(table, &folder)?,
        CarrierName::Http => serving(table, &folder)?,
    };
    running.ready(table).await?;
    Ok(running)
}

fn talking(table: &SdkTable, folder: &Path) -> Result<Running, Halt> {
    let started = Process::start_talking(&table.start, folder, &table.env, &Output::default());
    let (process, input, output) = started.map_err(|source| not_started(&table.start, source))?;
    let carrier = Stdio::new(input, output, table.answers_within);
    Ok(Running { remote: Remote::new(Arc::new(carrier)), process: Mutex::new(Some(process)) })
}

fn serving(table: &SdkTable, folder: &Path) -> Result<Running, Halt> {
    let port = free_port().map_err(|error| Halt::Harness(format!("can't find a free port: {error}")))?.to_string();
    let fill = |text: &String| text.replace("{port}", &port);
    let url = table.url.as_ref().map(fill).unwrap_or_default();
    let carrier = Http::new(&url, table.answers_within);
    let carrier = carrier.map_err(|error| Halt::Unreachable { url, why: error.to_string() })?;
    let command: Vec<String> = table.start.iter().map(fill).collect();
    let env: BTreeMap<String, String> = table.env.iter().map(|(name, value)| (name.clone(), fill(value))).collect();
    let process = if command.is_empty() {
        None
    } else {
        let started = Process::start(&command, folder, &env, &Output::default());
        Some(started.map_err(|source| not_started(&command, source))?)
    };
    Ok(Running { remote: Remote::new(Arc::new(carrier)), process: Mutex::new(process) })
}

fn not_started(command: &[String], source: std::io::Error) -> Halt {
    Halt::Start { program: command.join(" "), source }
}

impl Running {
    /// Waits until the adapter describes itself. Fails if it ends or the time is over. While nothing listens yet, it
    /// tries again.
    async fn ready(&self, table: &SdkTable) -> Result<(), Halt> {
        let mut tries = tokio::time::interval(ASK_AGAIN);
        let asking = async {
            loop {
                tries.tick().await;
                match (self.remote.about().await, self.ended().await) {
                    (Ok(_), _) => return Ok(()),
                    (Err(_), Some(halt)) => return Err(halt),
                    (Err(AdapterError::Gone(_)), None) => {}
                    (Err(why), None) => return Err(self.not_ready(table, why.to_string()).await),
                }
            }
        };
        match tokio::time::timeout(Duration::from(table.ready_within), asking).await {
            Ok(done) => done,
            Err(_) => Err(self.not_ready(table, "it did not tell what it is".to_owned()).await),
        }
    }

    async fn not_ready(&self, table: &SdkTable, why: String) -> Halt {
        match (&*self.process.lock().await, &table.url) {
            (None, Some(url)) => Halt::Unreachable { url: url.clone(), why },
            (process, _) => {
                let output = process.as_ref().map(Process::output).unwrap_or_default();
                Halt::NotReady { within: table.ready_within.to_string(), why, output }
            }
        }
    }

    /// The error of an adapter that has ended, with its last output. None while it runs.
    pub async fn ended(&self) -> Option<Halt> {
        let mut process = self.process.lock().await;
        let process = process.as_mut()?;
        let status = process.ended().await?;
        Some(Halt::Ended { status, output: process.output() })
    }

    /// Ends the adapter and all that it started, first with a request to terminate, then with a kill.
    pub async fn stop(&self) {
        let process = self.process.lock().await.take();
        if let Some(process) = process {
            process.stop().await;
        }
    }
}

impl Adapter for Running {
    fn about(&self) -> BoxFuture<'_, Result<About, AdapterError>> {
        self.remote.about()
    }

    fn install(&self, setup: Setup) -> BoxFuture<'_, Result<Box<dyn Install>, AdapterError>> {
        self.remote.install(setup)
    }
}
