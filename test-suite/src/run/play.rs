//! The scenarios of a run: first those of the backend, on its own clock, then those of the SDK.

use std::path::Path;
use std::sync::Arc;

use standin_contracts::history::{Subject, What};
use standin_contracts::protocol::{CommandName, Millis};
use standin_mock_server::MockServer;

use super::setting::Keys;
use super::{BackendUnderTest, Plan, Progress, RunError};
use crate::backend_harness::BackendHarness;
use crate::driver::Halt;
use crate::flood::flood;
use crate::network::Network;
use crate::report::{CoverageData, FactReport, ScenarioReport, VendorReport};
use crate::scenarios::{Need, SCENARIOS, Scenario};
use crate::sdk::{self, Driven, Origins, SdkHarness, SdkHarnessSetup};

/// The longest vendor timeout that a run in real time waits for without `--slow`.
const SHORT: Millis = Millis::from_secs(4);

/// The scenarios played, and how the run ended early, if it did.
#[derive(Default)]
pub(super) struct ScenarioRun {
    pub(super) scenarios: Vec<ScenarioReport>,
    pub(super) halted: Option<Halt>,
}

impl ScenarioRun {
    fn halted(halt: Halt) -> Self {
        Self { scenarios: Vec::new(), halted: Some(halt) }
    }

    /// Adds a scenario, which is played unless the run is over. Playing returns the reason if a participant can't
    /// take part.
    async fn add(&mut self, name: &str, summary: &str, playing: impl Future<Output = Result<Option<String>, Halt>>) {
        let skipped = match &self.halted {
            Some(_) => Some("the run had ended".to_owned()),
            None => playing.await.unwrap_or_else(|halt| {
                self.halted = Some(halt);
                Some("the run ended in it".to_owned())
            }),
        };
        self.scenarios.push(ScenarioReport { name: name.to_owned(), summary: summary.to_owned(), skipped });
    }
}

impl Plan {
    pub(super) async fn play_scenarios(
        &self,
        changed: Vec<FactReport>,
        progress: Progress<'_>,
    ) -> Result<VendorReport, RunError> {
        let folder = tempfile::tempdir().map_err(RunError::Folder)?;
        let (driven, failed) = match &self.sdk {
            None => (None, None),
            Some(sdk) => match sdk.sdk.start(&self.contract, self.seed, progress).await {
                Ok(driven) => (Some(driven), None),
                Err(halt) => (None, Some(halt)),
            },
        };
        let keys = self.keys();
        let mut mock = self.serve(&keys, self.clock(driven.as_ref()), self.history.clone()).await?;
        self.describe(&mock.sandbox(), self.subjects(driven.as_ref()), driven.as_ref());
        let played = match failed {
            Some(halt) => ScenarioRun::halted(halt),
            None => self.play(&mut mock, keys, driven.as_ref(), folder.path(), progress).await?,
        };
        progress("judging");
        let mut report = self.judge(&mock, changed, played);
        report.coverage_data = driven
            .as_ref()
            .map(|driven| CoverageData { coverage: mock.sandbox().coverage(), about: driven.about().clone() });
        mock.stop().await;
        if let Some(driven) = driven {
            driven.stop().await;
        }
        Ok(report)
    }

    async fn play(
        &self,
        mock: &mut MockServer,
        keys: Keys,
        driven: Option<&Driven>,
        folder: &Path,
        progress: Progress<'_>,
    ) -> Result<ScenarioRun, RunError> {
        let mut played = ScenarioRun::default();
        let network = self.is_quiet().then(|| Network::of(mock));
        let setup = driven.map(|driven| self.harness_of(driven, &keys, mock, network.clone()));
        let other_origin = self.other_origin(mock).await?;
        let origins = Origins::open(mock, other_origin, driven.is_some_and(Driven::takes_ca)).await?;
        let mut backend_harness = None;
        if let Some(backend) = &self.backend {
            let other_origin = origins.other_origin.clone();
            match self.backend_harness(backend, mock, network.as_ref(), other_origin, keys, folder).await {
                Err(halt) => return Ok(ScenarioRun::halted(halt)),
                Ok(set) => {
                    self.play_on_backend(backend, &set, &mut played, progress).await;
                    backend_harness = Some(Arc::new(set));
                }
            }
        }
        if let Some(setup) = setup {
            match SdkHarness::new(SdkHarnessSetup { backend_harness: backend_harness.clone(), ..setup }, mock) {
                Err(halt) => played.halted = Some(halt),
                Ok(harness) => {
                    let harness = harness.among(origins);
                    self.play_on_sdk(&harness, &mut played, progress).await;
                }
            }
        }
        if let Some(backend_harness) = backend_harness {
            backend_harness.tear_down().await;
        }
        Ok(played)
    }

    fn harness_of(&self, driven: &Driven, keys: &Keys, mock: &MockServer, network: Option<Network>) -> SdkHarnessSetup {
        SdkHarnessSetup {
            contract: self.contract.clone(),
            server_key: keys.server.clone(),
            client_key: keys.client.clone(),
            secrets: keys.secrets.clone(),
            adapter: driven.adapter(mock.sandbox(), network.as_ref()),
            about: driven.about().clone(),
            backend_harness: None,
            network,
        }
    }

    async fn play_on_backend(
        &self,
        backend: &BackendUnderTest,
        backend_harness: &BackendHarness,
        played: &mut ScenarioRun,
        progress: Progress<'_>,
    ) {
        // A vendor without webhooks has no scenarios about them, and the report leaves them out.
        let delivers = self.contract.has(CommandName::Webhook);
        let has_part = |scenario: &&Scenario| delivers || !scenario.needs.contains(&Need::Webhook);
        let scenarios: Vec<&Scenario> = self.chosen().iter().filter(has_part).collect();
        for (number, scenario) in scenarios.iter().enumerate() {
            progress(&format!("scenario {} of {}, {}", number + 1, scenarios.len(), scenario.name));
            played.add(scenario.name, scenario.summary, self.play_one(backend, backend_harness, scenario)).await;
        }
    }

    fn chosen(&self) -> &'static [Scenario] {
        let Some(name) = &self.scenario else { return SCENARIOS };
        match SCENARIOS.iter().position(|scenario| scenario.name == name) {
            None => &[],
            Some(last) if self.snapshots => &SCENARIOS[..=last],
            Some(one) => &SCENARIOS[one..=one],
        }
    }

    /// Plays a scenario. Returns the reason if the backend can't take part in it.
    async fn play_one(
        &self,
        backend: &BackendUnderTest,
        backend_harness: &BackendHarness,
        scenario: &Scenario,
    ) -> Result<Option<String>, Halt> {
        if let Some(lack) = scenario.needs.iter().find_map(|need| self.lack(backend, *need)) {
            return Ok(Some(lack));
        }
        backend_harness.sandbox().record(What::Scenario { name: scenario.name.to_owned() });
        let playing = async {
            (scenario.play)(backend_harness).await?;
            backend_harness.settle().await
        };
        tokio::select! {
            biased;
            _ = flood(backend_harness.sandbox(), Subject::ClientBackend) => backend_harness.stop_flood().await?,
            played = playing => played?,
        }
        Ok(None)
    }

    /// Why this run can't meet a need of a scenario; `None` if it can.
    fn lack(&self, backend: &BackendUnderTest, need: Need) -> Option<String> {
        let BackendUnderTest { config, launch } = backend;
        let has_time = self.slow || launch.is_virtual();
        let lack = match need {
            Need::Call(call) => {
                let given = config.calls.list().any(|(name, _)| name == call);
                return (!given).then(|| format!("the file has no [calls.{call}]"));
            }
            Need::Restart if !backend.can_restart() => Some("the subject was running already: it can't be restarted"),
            Need::Slow if !has_time => Some("it takes longer than five seconds of real time: run with `--slow`"),
            Need::Timeout if !has_time && config.subject.vendor_timeout > SHORT => Some(
                "the subject may wait long for its vendor: run with `--slow`, or declare a `vendor_timeout` of 4s or less",
            ),
            Need::Webhook if config.webhook.is_none() => Some("the configuration gives no [webhook]"),
            Need::Restart | Need::Slow | Need::Timeout | Need::Webhook => None,
        };
        lack.map(str::to_owned)
    }

    async fn play_on_sdk(&self, harness: &SdkHarness, played: &mut ScenarioRun, progress: Progress<'_>) {
        harness.take_over_time();
        let is_chosen = |scenario: &&sdk::Scenario| self.scenario.as_ref().is_none_or(|name| scenario.name == name);
        let scenarios = if harness.is_app() { sdk::APP_SCENARIOS } else { sdk::SCENARIOS };
        let scenarios: Vec<&sdk::Scenario> = scenarios.iter().filter(is_chosen).collect();
        for (number, scenario) in scenarios.iter().enumerate() {
            progress(&format!("scenario {} of {}, {}", number + 1, scenarios.len(), scenario.name));
            played.add(scenario.name, scenario.summary, harness.play(scenario)).await;
        }
        harness.end().await;
    }
}
