//! One run: serves a vendor, starts the subjects, plays the scenarios, judges the history and returns a report. The
//! subject is a client backend, an SDK, or both. Both talk to one mock, and one history records all of it.

mod generated;
mod judged;
mod play;
mod quiet;
mod setting;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use standin_contracts::contract::{Contract, FactError};
use standin_contracts::history::Subject;
use standin_contracts::requirements::Requirements;
use standin_contracts::rules;
use standin_mock_server::StartError;

use crate::driver::{BackendConfig, Launch, MockTable};
use crate::property_tests::{self, Case, CaseRunner, PlannedBackend, PropertyTestPlan};
use crate::report::{CoverageReport, FactReport, VendorReport};
use crate::sdk::cases::SdkCase;
use crate::sdk::{Driven, Sdk};
use crate::{scenarios, sdk};

pub use generated::StressOptions;
pub(crate) use generated::play_fleet;
pub(crate) use setting::Setting;

/// The plan of a run against one vendor.
pub struct Plan {
    /// The vendor's contract.
    pub contract: Arc<Contract>,
    /// The requirements behind the rules.
    pub requirements: Arc<Requirements>,
    /// The client backend under test; `None` if Standin plays it.
    pub backend: Option<BackendUnderTest>,
    /// The SDK under test; `None` if Standin plays it.
    pub sdk: Option<SdkUnderTest>,
    /// Address, keys and facts of the mock.
    pub mock: MockTable,
    /// The rules that may stay not exercised, each with the reason.
    pub accepted: BTreeMap<String, String>,
    /// Root facts to change, by name, on top of the mock's.
    pub set: BTreeMap<String, String>,
    /// Seed for all randomness.
    pub seed: u64,
    /// Whether scenarios may take minutes of real time.
    pub slow: bool,
    /// The only scenario to play; `None` for all.
    pub scenario: Option<String>,
    /// Whether transcripts are made. Then the scenarios before the chosen one are played too: they change the
    /// vendor's state, and so its answers.
    pub snapshots: bool,
    /// The only rule to judge by; `None` for all.
    pub rule: Option<String>,
    /// The command that runs this plan again, without its filters.
    pub command: String,
    /// Whether references talk over sockets too, as everybody else does, in real time.
    pub over_sockets: bool,
    /// The folder for the history; `None` keeps none.
    pub history: Option<PathBuf>,
    /// The property tests of the client backend.
    pub backend_cases: PropertyTestPlan<Case>,
    /// The property tests of the SDK.
    pub sdk_cases: PropertyTestPlan<SdkCase>,
    /// Crash points and fleets for the SDK.
    pub stress_options: StressOptions,
}

/// A client backend under test.
#[derive(Clone)]
pub struct BackendUnderTest {
    /// The content of its file.
    pub config: BackendConfig,
    /// How it is started.
    pub launch: Launch,
}

/// An SDK under test.
pub struct SdkUnderTest {
    /// Its name in reports.
    pub name: String,
    /// How it is started.
    pub sdk: Sdk,
}

/// Why a run could not start.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The mock can't start.
    #[error("the mock can't start")]
    Mock(#[from] StartError),
    /// There is no folder for the backend's data.
    #[error("can't make a folder for what the backend keeps")]
    Folder(#[source] std::io::Error),
    /// A fact can't be set.
    #[error(transparent)]
    Fact(#[from] FactError),
    /// No case can be generated.
    #[error("no case can be generated: {0}")]
    Generate(String),
    /// A case could not be played.
    #[error("a case can't be played: {0}")]
    Play(String),
}

/// A callback for progress messages.
pub type Progress<'p> = &'p (dyn Fn(&str) + Send + Sync);

impl BackendUnderTest {
    /// Whether it can be stopped and started again.
    pub(crate) fn can_restart(&self) -> bool {
        self.launch.can_restart(&self.config)
    }
}

impl Plan {
    /// A plan without a subject: all scenarios are played and all rules judged, with the seed 1.
    pub fn new(contract: Arc<Contract>, requirements: Arc<Requirements>) -> Self {
        Self {
            contract,
            requirements,
            backend: None,
            sdk: None,
            mock: MockTable::default(),
            accepted: BTreeMap::new(),
            set: BTreeMap::new(),
            seed: 1,
            slow: false,
            scenario: None,
            snapshots: false,
            rule: None,
            command: "standin verify".to_owned(),
            over_sockets: false,
            history: None,
            backend_cases: PropertyTestPlan::default(),
            sdk_cases: PropertyTestPlan::default(),
            stress_options: StressOptions::default(),
        }
    }

    /// Checks that the filters match something: a scenario that is played, and a rule about a subject under test.
    ///
    /// # Errors
    /// With the possible values.
    pub fn check_filters(&self) -> Result<(), String> {
        self.scenario.as_deref().map_or(Ok(()), |name| self.check_scenario(name))?;
        self.rule.as_deref().map_or(Ok(()), |name| self.check_rule(name))
    }

    fn check_scenario(&self, name: &str) -> Result<(), String> {
        let backend = self.backend.iter().flat_map(|_| scenarios::SCENARIOS).map(|scenario| scenario.name);
        let sdk =
            self.sdk.iter().flat_map(|_| sdk::SCENARIOS.iter().chain(sdk::APP_SCENARIOS)).map(|scenario| scenario.name);
        let known: Vec<&str> = backend.chain(sdk).collect();
        if known.contains(&name) {
            return Ok(());
        }
        Err(format!("there is no scenario `{name}`; there is: {}", known.join(", ")))
    }

    /// A rule about other subjects judges nothing, and such a run would pass without evidence.
    fn check_rule(&self, name: &str) -> Result<(), String> {
        let rule = rules::find(name).map_err(|unknown| unknown.to_string())?;
        let app = self.sdk.iter().map(|_| Subject::App);
        let subjects: Vec<Subject> = self.subjects(None).into_iter().chain(app).collect();
        if rule.subjects.iter().any(|subject| subjects.contains(subject)) {
            return Ok(());
        }
        let subjects: Vec<String> = subjects.iter().map(ToString::to_string).collect();
        Err(format!("`--rule {name}` matches nothing: no {} is judged by it", subjects.join(" and no ")))
    }

    /// The subjects under test. Without a started adapter an app counts as an SDK.
    fn subjects(&self, driven: Option<&Driven>) -> Vec<Subject> {
        let backend = self.backend.iter().map(|_| Subject::ClientBackend);
        let sdk = self.sdk.iter().flat_map(|_| driven.map_or(&[Subject::Sdk][..], Driven::subjects));
        backend.chain(sdk.copied()).collect()
    }

    /// Runs the plan.
    ///
    /// # Errors
    /// If the run can't start. A subject that fails is a part of the report.
    pub async fn run(self, progress: Progress<'_>) -> Result<VendorReport, RunError> {
        if self.is_quiet() {
            return self.run_quietly(progress).await;
        }
        Box::pin(self.run_all(progress)).await
    }

    async fn run_all(mut self, progress: Progress<'_>) -> Result<VendorReport, RunError> {
        let changed = self.change_facts()?;
        if let Some(report) = self.single_case(&changed, progress).await? {
            return Ok(report);
        }
        if let Some(point) = &self.stress_options.crash_point {
            let replayed = Box::pin(self.replay_crash(point, changed.clone(), progress)).await?;
            return replayed.ok_or_else(|| RunError::Play(format!("{point} is no place in a scenario of this SDK")));
        }
        let mut pasts = Vec::new();
        if let Some(mut runner) = self.runner() {
            pasts.push(Box::pin(property_tests::regressions(&mut runner, progress)).await?);
        }
        if let Some(mut subject) = self.subject(progress).await?.filter(|_| !self.sdk_cases.regressions.is_empty()) {
            pasts.push(Box::pin(property_tests::regressions(&mut subject, progress)).await?);
        }
        let mut report = Box::pin(self.play_scenarios(changed, progress)).await?;
        for past in pasts {
            past.add_to(&mut report);
        }
        if let Some(mut runner) = self.runner() {
            Box::pin(property_tests::generate(&mut runner, &mut report, progress)).await?;
        }
        Box::pin(self.test_sdk(&mut report, progress)).await?;
        if let Some(coverage_data) = report.coverage_data.take() {
            report.coverage = Some(CoverageReport::of(&self.contract, &coverage_data, &report));
        }
        Ok(report)
    }

    /// Plays the single case that the plan asks for, against each subject that has one; `None` if it asks for none.
    async fn single_case(
        &self,
        changed: &[FactReport],
        progress: Progress<'_>,
    ) -> Result<Option<VendorReport>, RunError> {
        let mut report: Option<VendorReport> = None;
        if let Some(only) = &self.backend_cases.only
            && let Some(mut runner) = self.runner()
        {
            report = Some(Box::pin(property_tests::replay(&mut runner, only, changed.to_vec())).await?);
        }
        if let Some(only) = &self.sdk_cases.only
            && let Some(mut subject) = self.subject(progress).await?
        {
            let of_sdk = Box::pin(property_tests::replay(&mut subject, only, changed.to_vec())).await?;
            report = Some(match report {
                Some(of_backend) => of_backend.with_case(of_sdk),
                None => of_sdk,
            });
        }
        Ok(report)
    }

    /// The runner of generated cases for the backend; `None` if no backend is under test.
    fn runner(&self) -> Option<CaseRunner<'_>> {
        let backend = self.backend.as_ref()?;
        Some(CaseRunner::new(PlannedBackend { plan: self, backend }))
    }

    fn change_facts(&mut self) -> Result<Vec<FactReport>, FactError> {
        let before: Vec<String> = self.contract.facts.list().map(|(_, value, _)| value).collect();
        let mut contract = (*self.contract).clone();
        for (name, value) in self.mock.set.iter().chain(&self.set) {
            contract.facts.set(name, value)?;
        }
        self.contract = Arc::new(contract);
        let after = self.contract.facts.list();
        let pairs = after.zip(before).filter(|((_, run, _), was)| run != was);
        Ok(pairs.map(|((name, run, _), contract)| FactReport { name: name.to_owned(), contract, run }).collect())
    }
}
