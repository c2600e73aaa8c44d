//! Live judging of a mock's sandboxes: findings are reported while the sandboxes are in use.
//!
//! The mock never waits for this. Its history is read as any client reads it, some events behind.

mod session;
mod vendor_session;

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_contracts::requirements::Requirements;
use standin_mock_server::Sandbox;
use tokio::sync::watch;
use tokio::task::{JoinHandle, yield_now};

use session::LiveSession;

/// A sink for texts to show. It must not block.
pub type Tell = Arc<dyn Fn(String) + Send + Sync>;

/// How many events are judged before other tasks run.
const PAGE: usize = 200;

/// The live judge of a mock's sandboxes.
pub struct Watch {
    stop: watch::Sender<bool>,
    watching: JoinHandle<()>,
}

/// Requirements and output that every sandbox is judged with.
#[derive(Clone)]
struct SessionConfig {
    requirements: Arc<BTreeMap<String, Requirements>>,
    tell: Tell,
}

/// A sandbox that is being judged, with the means to stop.
struct Followed {
    sandbox: Sandbox,
    stop: watch::Sender<bool>,
    following: JoinHandle<()>,
}

impl Watch {
    /// Starts judging these sandboxes, and later ones as they appear, by the requirements of each vendor's clients.
    /// Must be called inside a runtime.
    pub fn begin(
        sandboxes: watch::Receiver<Vec<Sandbox>>,
        requirements: BTreeMap<String, Requirements>,
        tell: Tell,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let config = SessionConfig { requirements: Arc::new(requirements), tell };
        Self { stop, watching: tokio::spawn(watch_all(sandboxes, stopped, config)) }
    }

    /// Judges the remaining events, and reports for each sandbox what was exercised.
    pub async fn end(self) {
        self.stop.send_replace(true);
        joined(self.watching).await;
    }
}

async fn watch_all(
    mut sandboxes: watch::Receiver<Vec<Sandbox>>,
    mut stopped: watch::Receiver<bool>,
    config: SessionConfig,
) {
    let mut followed: Vec<Followed> = Vec::new();
    let mut is_told = true;
    while is_told {
        let known = sandboxes.borrow_and_update().clone();
        for gone in followed.extract_if(.., |one| !known.iter().any(|sandbox| sandbox.is(&one.sandbox))) {
            gone.end().await;
        }
        for sandbox in known {
            if !followed.iter().any(|one| one.sandbox.is(&sandbox)) {
                followed.push(Followed::begin(sandbox, config.clone()));
            }
        }
        is_told = tokio::select! {
            biased;
            _ = stopped.changed() => false,
            told = sandboxes.changed() => told.is_ok(),
        };
    }
    for one in followed {
        one.end().await;
    }
}

impl Followed {
    fn begin(sandbox: Sandbox, config: SessionConfig) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self { following: tokio::spawn(follow(sandbox.clone(), stopped, config)), sandbox, stop }
    }

    async fn end(self) {
        self.stop.send_replace(true);
        joined(self.following).await;
    }
}

/// Waits for a task. A judge that panicked was reported there and stops no other task.
async fn joined(task: JoinHandle<()>) {
    let _ = task.await;
}

async fn follow(sandbox: Sandbox, mut stopped: watch::Receiver<bool>, config: SessionConfig) {
    let mut changed = sandbox.changed();
    let mut session = LiveSession::begin(&sandbox, 1, &sandbox.header(), &config.requirements);
    let mut goes_on = true;
    while goes_on {
        changed.mark_unchanged();
        session = read_on(session, &sandbox, &config).await;
        goes_on = tokio::select! {
            biased;
            _ = changed.changed() => true,
            _ = stopped.changed() => false,
        };
    }
    session.end(&*config.tell);
}

/// Judges all events recorded so far. After a reset of the sandbox that includes those of the next epoch.
async fn read_on(mut session: LiveSession, sandbox: &Sandbox, config: &SessionConfig) -> LiveSession {
    loop {
        let updates = sandbox.updates(session.number(), session.last(), PAGE);
        if updates.epoch != session.number() {
            if session.last() > 0 {
                session.end(&*config.tell);
            }
            session = LiveSession::begin(sandbox, updates.epoch, &updates.header, &config.requirements);
        }
        if updates.events.is_empty() {
            return session;
        }
        updates.events.iter().for_each(|event| session.observe(event));
        session.tell_new_findings(&*config.tell);
        yield_now().await;
    }
}
