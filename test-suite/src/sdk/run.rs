//! One run with an SDK: its journeys are played, the history is judged, and a report comes out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use standin_contracts::contract::{Contract, Secrets};
use standin_contracts::history::{Event, Subject};
use standin_contracts::ledger::Ledger;
use standin_contracts::protocol::{CommandName, OrderName};
use standin_contracts::rules::{self, Rule, Verdict};
use standin_mock_server::sandbox::{CLIENT_KEY, SERVER_KEY};
use standin_mock_server::{ClockStart, KeyRing, MockConfig, MockServer};

use super::world::{World, WorldSetup, halt};
use super::{APP_JOURNEYS, JOURNEYS, Journey, Need, START};
use crate::adapter::probe::probe;
use crate::adapter::{self, About, Adapter, AdapterError, Kind};
use crate::driver::{Halt, SdkTable};
use crate::exercise;
use crate::judging::{Judging, Telling};
use crate::reference_app::{AppConduct, ReferenceApp};
use crate::reference_sdk::{ConformingSdk, ReferenceSdk, SdkConduct};
use crate::report::{JourneyReport, Summary, VendorReport};
use crate::run::{Progress, RunError};

/// What to run with an SDK against one vendor.
pub struct SdkPlan {
    /// The vendor, with its facts as they shall be.
    pub contract: Arc<Contract>,
    /// The requirements that the rules rest on.
    pub ledger: Arc<Ledger>,
    /// The SDK under test.
    pub sdk: Sdk,
    /// What it is called in reports.
    pub name: String,
    /// The rules that may stay unseen or broken, each with the reason.
    pub accepted: BTreeMap<String, String>,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// Play only this journey.
    pub journey: Option<String>,
    /// Judge only this rule.
    pub rule: Option<String>,
    /// The command that runs this plan again, without its filters.
    pub command: String,
    /// Where the history is kept, if it is.
    pub history: Option<PathBuf>,
}

/// How an SDK comes to be.
pub enum Sdk {
    /// The reference SDK, or one that differs from it in its conduct.
    Reference(Arc<dyn SdkConduct>),
    /// The reference app around the reference SDK, or one that differs from it in its conduct.
    App(Arc<dyn AppConduct>),
    /// An SDK in this program, through the adapter's interface.
    Adapter(Arc<dyn Adapter>),
    /// Whatever a file's adapter drives, and the file's folder.
    Outside(Box<SdkTable>, PathBuf),
}

impl SdkPlan {
    /// Runs the plan.
    ///
    /// # Errors
    /// If the run can't even begin. An SDK or adapter that fails is a part of the report.
    pub async fn run(&self, progress: Progress<'_>) -> Result<VendorReport, RunError> {
        match &self.sdk {
            Sdk::Reference(conduct) => {
                let mock = self.mock(true).await?;
                let adapter = Arc::new(self.reference_sdk(conduct.clone(), &mock));
                Ok(self.drive(mock, adapter, progress).await)
            }
            Sdk::App(conduct) => {
                let mock = self.mock(true).await?;
                let sdk = self.reference_sdk(Arc::new(ConformingSdk), &mock);
                let adapter = Arc::new(ReferenceApp::new(sdk, self.contract.clone(), conduct.clone()));
                Ok(self.drive(mock, adapter, progress).await)
            }
            Sdk::Adapter(adapter) => self.run_probed(adapter.clone(), progress).await,
            Sdk::Outside(table, folder) => self.run_outside(table, folder, progress).await,
        }
    }

    fn reference_sdk(&self, conduct: Arc<dyn SdkConduct>, mock: &MockServer) -> ReferenceSdk {
        ReferenceSdk::new(self.contract.clone(), conduct, self.seed).beside(mock.sandbox())
    }

    async fn run_outside(
        &self,
        table: &SdkTable,
        folder: &Path,
        progress: Progress<'_>,
    ) -> Result<VendorReport, RunError> {
        progress("starting the adapter");
        let running = match adapter::start(table, folder).await {
            Ok(running) => Arc::new(running),
            Err(halt) => return self.unplayed(&halt).await,
        };
        let report = self.run_probed(running.clone(), progress).await?;
        if let Ok(running) = Arc::try_unwrap(running) {
            running.stop().await;
        }
        Ok(report)
    }

    /// Drives an SDK whose adapter can be relied upon.
    async fn run_probed(&self, adapter: Arc<dyn Adapter>, progress: Progress<'_>) -> Result<VendorReport, RunError> {
        progress("probing the adapter");
        match self.probed(adapter.clone()).await {
            Ok(has_clock) => Ok(self.drive(self.mock(has_clock).await?, adapter, progress).await),
            Err(halt) => self.unplayed(&halt).await,
        }
    }

    /// Whether the adapter moves its SDK's clock, once it was found that it can be relied upon.
    async fn probed(&self, adapter: Arc<dyn Adapter>) -> Result<bool, Halt> {
        let about = adapter.about().await.map_err(halt)?;
        let integrity = probe(adapter, self.contract.clone()).await?;
        let breaches: Vec<String> = integrity.breaches.iter().map(ToString::to_string).collect();
        if breaches.is_empty() {
            return Ok(has_clock(&about));
        }
        Err(halt(AdapterError::Broken(breaches.join("; "))))
    }

    /// The report of a run that never came to its journeys.
    async fn unplayed(&self, halt: &Halt) -> Result<VendorReport, RunError> {
        let mock = self.mock(true).await?;
        mock.sandbox().describe(vec![Subject::Sdk], Vec::new(), Vec::new());
        let report = self.judge(&mock, Vec::new(), Some(halt));
        mock.stop().await;
        Ok(report)
    }

    async fn drive(&self, mock: MockServer, adapter: Arc<dyn Adapter>, progress: Progress<'_>) -> VendorReport {
        let (journeys, halted) = match self.world(&mock, adapter).await {
            Ok(world) => self.play(&world, progress).await,
            Err(halt) => (Vec::new(), Some(halt)),
        };
        progress("judging");
        let report = self.judge(&mock, journeys, halted.as_ref());
        mock.stop().await;
        report
    }

    /// Time stands still for an SDK whose clock can be moved along with it.
    async fn mock(&self, has_clock: bool) -> Result<MockServer, RunError> {
        let mut config = MockConfig::new(vec![self.contract.clone()]);
        config.seed = self.seed;
        config.history_dir.clone_from(&self.history);
        config.clock = if has_clock { ClockStart::At(START) } else { ClockStart::Real };
        let keys = KeyRing::of(SERVER_KEY, CLIENT_KEY);
        config.keys = BTreeMap::from([(self.contract.vendor.clone(), keys)]);
        config.secrets = BTreeMap::from([(self.contract.vendor.clone(), Secrets::default())]);
        Ok(MockServer::start(config).await?)
    }

    async fn world(&self, mock: &MockServer, adapter: Arc<dyn Adapter>) -> Result<World, Halt> {
        let about = adapter.about().await.map_err(halt)?;
        let clock = has_clock(&about).then(|| rules::VIRTUAL.to_owned());
        let (subjects, named, besides) = match about.kind {
            Kind::Sdk => (vec![Subject::Sdk], "sdk", &[][..]),
            Kind::App => (vec![Subject::App, Subject::Sdk], "app", &["app", "personal"][..]),
        };
        let capabilities = about.capabilities.iter().map(|name| format!("{named}:{name}"));
        let besides = besides.iter().map(|name| (*name).to_owned());
        mock.sandbox().describe(subjects, Vec::new(), besides.chain(capabilities).chain(clock).collect());
        let setup = WorldSetup {
            contract: self.contract.clone(),
            server_key: SERVER_KEY.to_owned(),
            client_key: CLIENT_KEY.to_owned(),
            secrets: Secrets::default(),
            adapter,
            about,
        };
        World::new(setup, mock)
    }

    async fn play(&self, world: &World, progress: Progress<'_>) -> (Vec<JourneyReport>, Option<Halt>) {
        let mut reports = Vec::new();
        let mut halted = None;
        for journey in self.chosen(world) {
            progress(journey.name);
            let skipped = match &halted {
                Some(_) => Some("the run had ended".to_owned()),
                None => play_one(world, journey).await.unwrap_or_else(|halt| {
                    halted = Some(halt);
                    Some("the run ended in it".to_owned())
                }),
            };
            reports.push(JourneyReport { name: journey.name.to_owned(), summary: journey.summary.to_owned(), skipped });
        }
        world.end().await;
        (reports, halted)
    }

    fn chosen(&self, world: &World) -> impl Iterator<Item = &'static Journey> {
        let journeys = if world.is_app() { APP_JOURNEYS } else { JOURNEYS };
        journeys.iter().filter(|journey| self.journey.as_ref().is_none_or(|name| journey.name == name))
    }

    fn judge(&self, mock: &MockServer, journeys: Vec<JourneyReport>, halted: Option<&Halt>) -> VendorReport {
        let sandbox = mock.sandbox();
        let kept = sandbox.history_after(0, usize::MAX);
        let events: Vec<&Event> = kept.iter().map(Arc::as_ref).collect();
        let judging = Judging { contract: &self.contract, ledger: &self.ledger, rule: self.rule.as_deref() };
        let header = sandbox.header();
        let judge = |events: &[&Event]| judging.judgements(&header, events.iter().copied());
        let exercised = exercise::journeys(&events, judge);
        let telling = Telling {
            subject: &self.name,
            promised: true,
            excuse: &|rule, _: Verdict| self.accepted.get(rule).cloned(),
            replay: &|rule, journey| self.replay(rule, journey),
        };
        let mut report = judging.report(&telling, judge(&events), exercised, &events);
        if header.subjects().contains(&Subject::App) {
            self.promise_of_app(&mut report);
        }
        VendorReport { journeys, halted: halted.map(|halt| sandbox.redact(&halt.to_string())), ..report }
    }

    /// An app's adapter promises what is about apps. Where the vendor issues credentials, what an app has in common with its
    /// client backend, the id that it gives, is the client backend's alone.
    fn promise_of_app(&self, report: &mut VendorReport) {
        let gives_ids = !self.contract.has(CommandName::IssueCredential);
        let is_promised = |rule: &Rule| {
            rule.subjects.contains(&Subject::App) && (gives_ids || !rule.subjects.contains(&Subject::ClientBackend))
        };
        for rule in &mut report.rules {
            rule.promised = rules::find(&rule.rule).is_ok_and(is_promised);
        }
        report.summary = Summary::of(&report.rules);
    }

    fn replay(&self, rule: &str, journey: Option<&str>) -> String {
        let journey = journey.map(|name| format!(" --journey {name}")).unwrap_or_default();
        format!("{} --rule {rule}{journey} --seed {}", self.command, self.seed)
    }
}

/// True if time can be moved for the SDK.
fn has_clock(about: &About) -> bool {
    about.capabilities.iter().any(|name| name == OrderName::Advance.as_str())
}

/// Plays a journey, unless SDK or vendor can't take part in it: then the reason is returned.
async fn play_one(world: &World, journey: &Journey) -> Result<Option<String>, Halt> {
    if let Some(lack) = journey.needs.iter().find_map(|need| lack(world, *need)) {
        return Ok(Some(lack));
    }
    world.begin(journey.name).await;
    (journey.play)(world).await?;
    world.settle().await?;
    Ok(None)
}

/// Why a journey can't have what it needs, if it can't.
fn lack(world: &World, need: Need) -> Option<String> {
    match need {
        Need::Order(order) => (!world.can(order)).then(|| format!("the adapter has no `{order}`")),
        Need::ClientKey => (!world.has_client_key()).then(|| "the vendor knows no key inside apps".to_owned()),
        Need::Command(command) => (!world.contract().has(command)).then(|| format!("the vendor has no {command}")),
    }
}
