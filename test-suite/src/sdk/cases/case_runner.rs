//! Plays and judges generated cases. Each case gets a harness of its own, and a vendor without users.

use std::path::PathBuf;
use std::sync::Arc;

use standin_contracts::contract::{Contract, Secrets};
use standin_contracts::history::{Event, Header, Subject};
use standin_contracts::requirements::Requirements;
use standin_contracts::rules::{self, Judgement, Verdict};
use standin_mock_server::sandbox::{CLIENT_KEY, SERVER_KEY};
use standin_mock_server::{ClockStart, Coverage, MockConfig, MockServer};

use super::linear::contradictions;
use super::play::Player;
use super::step::SdkCase;
use super::strategy::GeneratorConfig;
use crate::adapter::Adapter;
use crate::driver::Halt;
use crate::network::{Network, OTHER_ORIGIN};
use crate::reference_sdk::{ReferenceSdk, SdkBehaviour};
use crate::report::{Step, sequence};
use crate::run::RunError;
use crate::sdk::harness::{SdkHarness, SdkHarnessSetup, halt};
use crate::sdk::{CrashPoint, Driven, Origins, START, Scenario};

/// The SDK that cases are played against.
pub(crate) enum CaseSdk {
    /// The reference SDK or a variation of it, without a network between it and the mock. It must be played on a
    /// [quiet runtime](super::quiet_runtime).
    Reference(Arc<dyn SdkBehaviour>),
    Driven(Arc<Driven>),
}

/// What cases of an SDK are played with.
pub struct SdkCaseRunner {
    pub(crate) contract: Arc<Contract>,
    /// The requirements behind the rules.
    pub(crate) requirements: Arc<Requirements>,
    pub(crate) sdk: CaseSdk,
    /// Seed for all randomness.
    pub(crate) seed: u64,
    pub(crate) rule: Option<String>,
    /// The folder for histories; `None` keeps none.
    pub(crate) history: Option<PathBuf>,
}

/// The result of playing one case.
#[derive(Debug, Clone)]
pub struct SdkCaseResult {
    /// Every rule's judgement.
    pub judged: Vec<Judgement>,
    /// All recorded events.
    pub events: Vec<Arc<Event>>,
    /// The header of their history.
    pub header: Header,
    /// What the case covered of the vendor's contract.
    pub coverage: Coverage,
    /// Why the case ended early; `None` if it was played to its end.
    pub halted: Option<String>,
}

impl SdkCaseResult {
    /// The failed rules, each with what happened.
    pub fn findings(&self) -> Vec<String> {
        let broken = self.judged.iter().filter(|judgement| judgement.verdict == Verdict::Failed);
        broken.flat_map(|one| one.findings.iter().map(|found| format!("{}: {}", one.rule, found.message))).collect()
    }

    /// The events that prove the first finding, as a sequence with actors.
    pub fn proof(&self) -> Vec<Step> {
        let events: Vec<&Event> = self.events.iter().map(Arc::as_ref).collect();
        let first = self.judged.iter().flat_map(|judgement| &judgement.findings).next();
        first.map(|found| sequence(&events, &found.events)).unwrap_or_default()
    }

    /// Whether this rule failed.
    pub fn breaks(&self, rule: &str) -> bool {
        self.judged.iter().any(|judgement| judgement.rule == rule && judgement.verdict == Verdict::Failed)
    }
}

/// Why a case could not be played.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// The run could not start.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The harness could not be set up.
    #[error("{0}")]
    Halt(#[from] Halt),
    /// The mock contradicted itself.
    #[error("the mock's answers make no sense about {0}: this is Standin's own fault")]
    Contradiction(String),
}

impl From<CaseError> for RunError {
    fn from(error: CaseError) -> Self {
        match error {
            CaseError::Run(error) => error,
            other => Self::Play(other.to_string()),
        }
    }
}

impl SdkCaseRunner {
    /// A runner for the reference SDK or a variation of it. Its cases must be played on a [quiet
    /// runtime](super::quiet_runtime).
    pub fn of_reference(
        contract: Arc<Contract>,
        requirements: Arc<Requirements>,
        behaviour: Arc<dyn SdkBehaviour>,
        seed: u64,
    ) -> Self {
        Self { contract, requirements, sdk: CaseSdk::Reference(behaviour), seed, rule: None, history: None }
    }

    /// Keeps every history in a folder; `None` keeps none.
    pub fn keeping(self, history: Option<PathBuf>) -> Self {
        Self { history, ..self }
    }

    /// Judges by this rule only.
    pub fn judging(self, rule: &str) -> Self {
        Self { rule: Some(rule.to_owned()), ..self }
    }

    /// Replaces the adapter by one that was restarted.
    pub(crate) fn with(&self, driven: Driven) -> Self {
        Self {
            contract: self.contract.clone(),
            requirements: self.requirements.clone(),
            sdk: CaseSdk::Driven(Arc::new(driven)),
            seed: self.seed,
            rule: self.rule.clone(),
            history: self.history.clone(),
        }
    }

    /// The generator settings for cases of this SDK.
    ///
    /// # Errors
    /// If the adapter doesn't describe itself.
    pub async fn config(&self) -> Result<GeneratorConfig, CaseError> {
        let about = match &self.sdk {
            CaseSdk::Reference(_) => self.reference(None).about().await.map_err(halt)?,
            CaseSdk::Driven(driven) => driven.about().clone(),
        };
        Ok(GeneratorConfig::of(&self.contract, &about))
    }

    /// Plays a case in a harness of its own.
    ///
    /// # Errors
    /// If the harness can't be set up, or the mock contradicts itself. An SDK that stops responding is no error: the
    /// result says so.
    pub async fn play(&self, case: &SdkCase) -> Result<SdkCaseResult, CaseError> {
        let mock = self.mock().await?;
        let harness = self.harness(&mock).await?;
        let ended = self.play_on(&harness, case).await;
        harness.end().await;
        let seen = self.seen(&mock, subjects_end(ended)?);
        mock.stop().await;
        match contradictions(&self.contract, &seen.events).into_iter().next() {
            Some(thing) => Err(CaseError::Contradiction(thing)),
            None => Ok(seen),
        }
    }

    async fn play_on(&self, harness: &SdkHarness, case: &SdkCase) -> Result<(), Halt> {
        harness.begin("case").await;
        harness
            .unless_flooded(async {
                Player::begin(harness).await?.play(case).await?;
                harness.settle().await
            })
            .await
    }

    /// Plays a scenario in a harness of its own, with a crash if one is given. `None` if a participant can't take
    /// part.
    ///
    /// # Errors
    /// If the harness can't be set up.
    pub async fn scenario(
        &self,
        scenario: &Scenario,
        crash: Option<&CrashPoint>,
    ) -> Result<Option<SdkCaseResult>, CaseError> {
        let mock = self.mock().await?;
        let harness = self.harness(&mock).await?;
        let ended = match crash {
            Some(point) => Box::pin(harness.play_with_crash(scenario, point)).await,
            None => harness.play(scenario).await,
        };
        harness.end().await;
        let is_skipped = matches!(ended, Ok(Some(_)));
        let seen = self.seen(&mock, subjects_end(ended.map(drop))?);
        mock.stop().await;
        Ok((!is_skipped).then_some(seen))
    }

    /// A mock whose time stands still, if the SDK's does.
    pub(crate) async fn mock(&self) -> Result<MockServer, RunError> {
        let mut config = MockConfig::new(vec![self.contract.clone()]);
        config.seed = self.seed;
        config.subject_only = true;
        config.clock = match &self.sdk {
            CaseSdk::Reference(behaviour) if behaviour.offers("advance") => ClockStart::Apart(START),
            CaseSdk::Driven(driven) if driven.has_clock() => ClockStart::At(START),
            CaseSdk::Reference(_) | CaseSdk::Driven(_) => ClockStart::Real,
        };
        config.history_dir.clone_from(&self.history);
        Ok(MockServer::start(config).await?)
    }

    /// A harness around that mock, in which nothing has happened yet.
    pub(crate) async fn harness(&self, mock: &MockServer) -> Result<SdkHarness, Halt> {
        let (adapter, about, network): (Arc<dyn Adapter>, _, _) = match &self.sdk {
            CaseSdk::Reference(_) => {
                let sdk = self.reference(Some(mock));
                let about = sdk.about().await.map_err(halt)?;
                (Arc::new(sdk), about, Some(Network::of(mock)))
            }
            CaseSdk::Driven(driven) => (driven.adapter(mock.sandbox(), None), driven.about().clone(), None),
        };
        mock.sandbox().describe(vec![Subject::Sdk], Vec::new(), self.capabilities(&about.capabilities));
        let setup = SdkHarnessSetup {
            contract: self.contract.clone(),
            server_key: SERVER_KEY.to_owned(),
            client_key: CLIENT_KEY.to_owned(),
            secrets: Secrets::default(),
            adapter,
            about,
            backend_harness: None,
            network,
        };
        Ok(SdkHarness::new(setup, mock)?.among(Origins { other_origin: OTHER_ORIGIN.to_owned(), ..Origins::default() }))
    }

    fn capabilities(&self, own: &[String]) -> Vec<String> {
        match &self.sdk {
            CaseSdk::Reference(behaviour) => {
                let named = own.iter().map(|name| format!("sdk:{name}"));
                let clock = behaviour.offers("advance").then(|| rules::VIRTUAL.to_owned());
                named.chain(["sdk".to_owned()]).chain(clock).collect()
            }
            CaseSdk::Driven(driven) => driven.capabilities().collect(),
        }
    }

    fn reference(&self, mock: Option<&MockServer>) -> ReferenceSdk {
        let CaseSdk::Reference(behaviour) = &self.sdk else {
            return ReferenceSdk::new(self.contract.clone(), Arc::new(crate::reference_sdk::ConformingSdk), self.seed);
        };
        let sdk = ReferenceSdk::new(self.contract.clone(), behaviour.clone(), self.seed);
        mock.into_iter().fold(sdk, |sdk, mock| sdk.beside(mock.sandbox()).through(mock.direct()))
    }

    pub(crate) fn seen(&self, mock: &MockServer, halted: Option<Halt>) -> SdkCaseResult {
        let halted = halted.map(|halt| mock.sandbox().redact(&halt.to_string()));
        let sandbox = mock.sandbox();
        let events = sandbox.history_after(0, usize::MAX);
        let commands = self.contract.commands();
        let all = events.iter().map(Arc::as_ref);
        let header = sandbox.header();
        let judged = rules::judge(&header, all, &commands, &self.requirements, self.rule.as_deref());
        SdkCaseResult { judged, events, header, coverage: sandbox.coverage(), halted }
    }
}

/// How the subject ended a case early; `None` if it didn't. A failure of the harness itself is an error.
pub(crate) fn subjects_end(ended: Result<(), Halt>) -> Result<Option<Halt>, Halt> {
    match ended {
        Err(halt @ Halt::Harness(_)) => Err(halt),
        other => Ok(other.err()),
    }
}
