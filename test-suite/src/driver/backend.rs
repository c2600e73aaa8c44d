//! The backend under test: a process, a backend that runs already, or one in this program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use standin_contracts::contract::{Contract, Secrets};

use super::app_client::AppClient;
use super::config::{BackendConfig, SubjectTable};
use super::process::{Output, Process};
use crate::adapter::AdapterError;
use crate::reference::{BackendBehaviour, Disk, ReferenceBackend, VendorClient, WebhookReceiver};
use crate::time::Time;

/// The way in which the backend under test is started.
#[derive(Clone)]
pub enum Launch {
    /// A process, or a backend that runs already. Commands run in this folder.
    Outside(PathBuf),
    /// The reference backend in this program, with this behaviour.
    Reference(Arc<dyn BackendBehaviour>),
    /// The reference backend in this program. Each harness gets a new behaviour without memory of earlier ones.
    Anew(fn() -> Arc<dyn BackendBehaviour>),
    /// The reference backend in this program, with this behaviour, as one that runs already: it is never restarted.
    Running(Arc<dyn BackendBehaviour>),
}

impl Launch {
    /// Whether Standin controls the backend's clock.
    pub(crate) fn is_virtual(&self) -> bool {
        !matches!(self, Self::Outside(_))
    }

    /// The behaviour of a backend in this program. None for one outside it.
    fn behaviour(&self) -> Option<Arc<dyn BackendBehaviour>> {
        match self {
            Self::Outside(_) => None,
            Self::Reference(behaviour) | Self::Running(behaviour) => Some(behaviour.clone()),
            Self::Anew(make) => Some(make()),
        }
    }

    /// Whether the backend can be stopped and started again.
    pub(crate) fn can_restart(&self, config: &BackendConfig) -> bool {
        match self {
            Self::Outside(_) => !config.subject.start.is_empty(),
            Self::Reference(_) | Self::Anew(_) => true,
            Self::Running(_) => false,
        }
    }
}

/// The configuration that a backend gets at its start.
#[derive(Debug, Clone)]
pub(crate) struct Started {
    pub(crate) vendor_url: String,
    pub(crate) server_key: String,
    pub(crate) client_key: String,
    pub(crate) secrets: Secrets,
    /// The credentials that the vendor sends to the webhook receiver, as `user:password`.
    pub(crate) partner_key: String,
    /// The id of the app that the receiver belongs to.
    pub(crate) app_id: String,
    /// A folder for the backend's own data.
    pub(crate) folder: PathBuf,
}

/// The reason why a run can't go on: the subject did not start, or it has ended.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    /// The program can't be run.
    #[error("can't start `{program}`: {source}")]
    Start {
        /// The program.
        program: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The subject ended before it was ready, or during the run.
    #[error("the subject ended by itself ({status}){}", shown(output))]
    Ended {
        /// Its exit status.
        status: String,
        /// Its last output.
        output: String,
    },
    /// The subject did not get ready.
    #[error("the subject was not ready within {within}: {why}{}", shown(output))]
    NotReady {
        /// The time limit.
        within: String,
        /// The result of the last check.
        why: String,
        /// Its last output.
        output: String,
    },
    /// The subject accepted a request of its app and did not answer.
    #[error("the subject took `calls.{call}` of {user}'s app and did not answer within {within}")]
    Silent {
        /// The call.
        call: String,
        /// The user.
        user: String,
        /// The time limit.
        within: String,
    },
    /// Nothing answers at the subject's URL.
    #[error("nothing answers at {url}: {why}")]
    Unreachable {
        /// The URL.
        url: String,
        /// The cause.
        why: String,
    },
    /// The adapter of an SDK can't be used any further.
    #[error(transparent)]
    Adapter(#[from] AdapterError),
    /// The harness itself failed.
    #[error("{0}")]
    Harness(String),
}

fn shown(output: &str) -> String {
    if output.trim().is_empty() {
        return "; it printed nothing".to_owned();
    }
    let lines: Vec<String> = output.lines().map(|line| format!("    {line}")).collect();
    format!("; its last output:\n{}", lines.join("\n"))
}

/// The pause between two readiness checks. It is short, so that it does not delay a run.
pub(crate) const ASK_AGAIN: Duration = Duration::from_millis(20);

pub(crate) struct Backend {
    launch: Launch,
    /// The reference backend's storage, which survives a kill.
    disk: Arc<Disk>,
    running: Running,
    url: String,
}

enum Running {
    External,
    Process(Process),
    Reference(ReferenceBackend),
}

impl Backend {
    /// Starts the backend or connects to it, and waits until it is ready.
    pub(crate) async fn start(
        launch: &Launch,
        config: &BackendConfig,
        contract: &Arc<Contract>,
        told: &Started,
        client: &AppClient,
        time: &Time,
    ) -> Result<Self, Halt> {
        Self::start_with(Arc::default(), launch, config, contract, told, client, time).await
    }

    /// Starts the backend with the storage of its earlier process.
    async fn start_with(
        disk: Arc<Disk>,
        launch: &Launch,
        config: &BackendConfig,
        contract: &Arc<Contract>,
        told: &Started,
        client: &AppClient,
        time: &Time,
    ) -> Result<Self, Halt> {
        let (Some(behaviour), Time::Virtual(clock)) = (launch.behaviour(), time) else {
            return match launch {
                Launch::Outside(folder) => Self::start_outside(launch, folder, &config.subject, told, client).await,
                _ => Err(Halt::Harness("the reference backend needs its clock".to_owned())),
            };
        };
        let webhook_receiver = WebhookReceiver::new(contract.clone(), told.clone(), disk.clone());
        let network = client.network();
        let vendor_client = VendorClient::new(contract.clone(), told.clone(), &config.users, clock.clone(), network);
        let start = |client| ReferenceBackend::start(behaviour.clone(), client, webhook_receiver, network);
        let backend = vendor_client
            .and_then(start)
            .map_err(|error| Halt::Harness(format!("can't start the reference backend: {error}")))?;
        let url = backend.url().to_owned();
        // A restart uses the same behaviour: its memory survives the process.
        let launch = if launch.can_restart(config) { Launch::Reference } else { Launch::Running }(behaviour);
        let mut backend = Self { launch, disk, running: Running::Reference(backend), url };
        time.serve(backend.ready(&config.subject, client)).await?;
        Ok(backend)
    }

    async fn start_outside(
        launch: &Launch,
        folder: &Path,
        subject: &SubjectTable,
        told: &Started,
        client: &AppClient,
    ) -> Result<Self, Halt> {
        let port = free_port().map_err(|error| Halt::Harness(format!("can't find a free port: {error}")))?;
        let fill = |text: &String| fill(text, port, told);
        let url = fill(&subject.url).trim_end_matches('/').to_owned();
        let running = if subject.start.is_empty() {
            Running::External
        } else {
            let command: Vec<String> = subject.start.iter().map(fill).collect();
            let env: BTreeMap<String, String> =
                subject.env.iter().map(|(name, value)| (name.clone(), fill(value))).collect();
            let process = Process::start(&command, folder, &env, &Output::default())
                .map_err(|source| Halt::Start { program: command.join(" "), source })?;
            Running::Process(process)
        };
        let mut backend = Self { launch: launch.clone(), disk: Arc::default(), running, url };
        backend.ready(subject, client).await?;
        Ok(backend)
    }

    /// Waits until the backend is ready. Fails if it ends or the time limit is over.
    async fn ready(&mut self, subject: &SubjectTable, client: &AppClient) -> Result<(), Halt> {
        let mut why = "nothing listened".to_owned();
        let mut tries = tokio::time::interval(ASK_AGAIN);
        let within = Duration::from(subject.ready_within);
        let asking = async {
            loop {
                tries.tick().await;
                if let Some(halt) = self.ended().await {
                    return Err(halt);
                }
                match client.finds_ready(&self.url, subject.ready.as_deref()).await {
                    Ok(()) => return Ok(()),
                    Err(said) => why = said,
                }
            }
        };
        match tokio::time::timeout(within, asking).await {
            Ok(done) => done,
            Err(_) if matches!(self.running, Running::External) => {
                Err(Halt::Unreachable { url: self.url.clone(), why })
            }
            Err(_) => Err(Halt::NotReady { within: subject.ready_within.to_string(), why, output: self.output() }),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The error of a backend that has ended. None while it runs.
    pub(crate) async fn ended(&mut self) -> Option<Halt> {
        match &mut self.running {
            Running::Process(process) => {
                let status = process.ended().await?;
                Some(Halt::Ended { status, output: process.output() })
            }
            Running::External | Running::Reference(_) => None,
        }
    }

    fn output(&self) -> String {
        match &self.running {
            Running::Process(process) => process.output(),
            Running::External | Running::Reference(_) => String::new(),
        }
    }

    /// The time without events after which the backend counts as quiescent. Zero in this program: the backend is done
    /// when it has answered.
    pub(crate) fn calm(&self) -> Duration {
        match self.running {
            Running::Reference(_) => Duration::ZERO,
            Running::Process(_) | Running::External => Duration::from_millis(250),
        }
    }

    /// Whether it can be stopped and started again.
    pub(crate) fn can_restart(&self, config: &BackendConfig) -> bool {
        self.launch.can_restart(config)
    }

    /// Kills the backend and starts it again.
    pub(crate) async fn restart(
        self,
        config: &BackendConfig,
        contract: &Arc<Contract>,
        told: &Started,
        client: &AppClient,
        time: &Time,
    ) -> Result<Self, Halt> {
        let launch = self.launch.clone();
        match self.running {
            Running::Process(process) => process.kill().await,
            Running::Reference(backend) => drop(backend),
            Running::External => {}
        }
        Self::start_with(self.disk, &launch, config, contract, told, client, time).await
    }

    /// Ends the backend and all processes that it started.
    pub(crate) async fn stop(self) {
        if let Running::Process(process) = self.running {
            process.stop().await;
        }
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn fill(text: &str, port: u16, told: &Started) -> String {
    let (user, password) = told.partner_key.split_once(':').unwrap_or((&told.partner_key, ""));
    text.replace("{port}", &port.to_string())
        .replace("{vendor_url}", &told.vendor_url)
        .replace("{server_key}", &told.server_key)
        .replace("{client_key}", &told.client_key)
        .replace("{server_hash}", &told.secrets.server_hash)
        .replace("{webhook_user}", user)
        .replace("{webhook_password}", password)
        .replace("{webhook_app_id}", &told.app_id)
        .replace("{folder}", &told.folder.display().to_string())
}
