//! Property tests of an SDK.
//!
//! The reference SDK and its variations are played without a network, on several threads. Any other SDK is driven
//! through its adapter, one case after the other. Each case has its own installs and a vendor without users. A
//! failure is confirmed with a restarted adapter.

use std::num::NonZero;
use std::pin::Pin;
use std::sync::Arc;
use std::thread;

use standin_contracts::protocol::SdkCommandName;
use standin_contracts::rules::{Judgement, Verdict};
use standin_mock_server::Coverage;

use super::confirm::{RATE, SURE};
use super::offence::{CaseResult, Offence};
use super::shrink::ShrinkBudget;
use super::shrink_sdk::ShrinkSdkCase;
use super::subject::Subject;
use super::{PropertyTestPlan, Regression};
use crate::adapter::Kind;
use crate::report::{FleetReport, Recurrence};
use crate::run::{Plan, Progress, RunError, SdkUnderTest, play_fleet};
use crate::sdk::cases::{
    self, CaseSdk, GeneratorConfig, SdkCase, SdkCaseResult, SdkCaseRunner, SdkStep, quiet_runtime,
};
use crate::sdk::{CrashPoint, Driven, Scenario, Sdk};

/// How many steps a case has.
pub(crate) const LONG: usize = 50;

type Playing<T> = Pin<Box<dyn Future<Output = Result<T, RunError>> + Send>>;

pub(crate) struct SdkSubject<'p> {
    plan: &'p Plan,
    sdk: &'p SdkUnderTest,
    /// Plays the cases.
    runner: Arc<SdkCaseRunner>,
    config: GeneratorConfig,
    /// What all played cases have covered.
    pub(crate) coverage: Coverage,
    /// Whether the adapter was stopped.
    is_torn_down: bool,
}

impl<'p> SdkSubject<'p> {
    /// Starts the adapter that drives the SDK. It passed its integrity check before.
    pub(crate) async fn start(plan: &'p Plan, sdk: &'p SdkUnderTest, progress: Progress<'_>) -> Result<Self, RunError> {
        let lived = match &sdk.sdk {
            Sdk::Reference(behaviour) => CaseSdk::Reference(behaviour.clone()),
            other => {
                let driven = driven(plan, other, progress).await?;
                if driven.about().kind == Kind::App {
                    let name = &sdk.name;
                    return Err(RunError::Play(format!(
                        "{name} is an app; generated cases, crash points and fleets are for SDKs only"
                    )));
                }
                CaseSdk::Driven(Arc::new(driven))
            }
        };
        let runner = SdkCaseRunner {
            contract: plan.contract.clone(),
            requirements: plan.requirements.clone(),
            sdk: lived,
            seed: plan.seed,
            rule: plan.rule.clone(),
            history: None,
        };
        let config = runner.config().await?;
        Ok(Self { plan, sdk, runner: Arc::new(runner), config, coverage: Coverage::default(), is_torn_down: false })
    }

    /// Whether it is played without a network, on threads of its own.
    fn is_quiet(&self) -> bool {
        matches!(self.runner.sdk, CaseSdk::Reference(_))
    }

    /// How many cases are played at once.
    pub(crate) fn threads(&self) -> usize {
        if self.is_quiet() { threads() } else { 1 }
    }

    pub(crate) async fn end(mut self) {
        self.tear_down().await;
    }

    /// Plays a scenario in a harness of its own, with a crash if one is given. `None` if a participant can't take
    /// part.
    pub(crate) async fn scenario(
        &mut self,
        scenario: &'static Scenario,
        crash: Option<&CrashPoint>,
    ) -> Result<Option<SdkCaseResult>, RunError> {
        self.revive().await?;
        let (runner, crash) = (self.runner.clone(), crash.cloned());
        let seen = self.place(async move { Ok(Box::pin(runner.scenario(scenario, crash.as_ref())).await?) }).await?;
        self.coverage.add(&seen.as_ref().map(|seen| seen.coverage.clone()).unwrap_or_default());
        Ok(seen)
    }

    /// Plays several scenarios, each with its crash.
    pub(crate) async fn crashes(&mut self, points: &[CrashPoint]) -> Result<Vec<SdkCaseResult>, RunError> {
        self.revive().await?;
        let play = |point: &CrashPoint| {
            let (runner, point) = (self.runner.clone(), point.clone());
            let scenario = point.of();
            let playing = async move {
                let scenario = scenario.ok_or_else(|| RunError::Play(format!("there is no scenario for {point}")))?;
                Box::pin(runner.scenario(scenario, Some(&point)))
                    .await?
                    .ok_or_else(|| RunError::Play(format!("{point} is not played")))
            };
            self.place(playing)
        };
        let seen = futures::future::try_join_all(points.iter().map(play)).await?;
        for seen in &seen {
            self.coverage.add(&seen.coverage);
        }
        Ok(seen)
    }

    /// Plays a scenario with its crash on a fresh subject: twice, and if the rule doesn't fail both times, a few times
    /// more.
    pub(crate) async fn crash_again(&mut self, point: &CrashPoint, rule: &str) -> Result<Recurrence, RunError> {
        let mut seen = Recurrence { times: 0, of: 0 };
        while seen.of < SURE || (seen.times < seen.of && seen.of < RATE) {
            self.tear_down().await;
            let again = self.crashes(std::slice::from_ref(point)).await?;
            let fails = |judged: &Judgement| judged.rule == rule && judged.verdict == Verdict::Failed;
            seen.of += 1;
            seen.times += u32::from(again.iter().any(|one| one.judged.iter().any(fails)));
        }
        Ok(seen)
    }

    /// Simulates a vendor outage for many installs.
    pub(crate) async fn fleet(&mut self, many: usize) -> Result<(FleetReport, SdkCaseResult), RunError> {
        self.revive().await?;
        let runner = self.runner.clone();
        let (fleet, seen) = self.place(async move { play_fleet(&runner, many).await }).await?;
        self.coverage.add(&seen.coverage);
        Ok((fleet, seen))
    }

    /// Starts the adapter again if it was stopped.
    async fn revive(&mut self) -> Result<(), RunError> {
        if self.is_torn_down {
            let driven = driven(self.plan, &self.sdk.sdk, &|_| {}).await?;
            self.runner = Arc::new(self.runner.with(driven));
            self.is_torn_down = false;
        }
        Ok(())
    }

    /// Runs work on a thread of its own if it takes no real time, else here.
    fn place<T: Send + 'static>(
        &self,
        playing: impl Future<Output = Result<T, RunError>> + Send + 'static,
    ) -> Playing<T> {
        if self.is_quiet() {
            return Box::pin(async move {
                let quiet = tokio::task::spawn_blocking(move || {
                    let runtime = quiet_runtime().map_err(|error| RunError::Play(error.to_string()))?;
                    runtime.block_on(playing)
                });
                quiet.await.map_err(|error| RunError::Play(error.to_string()))?
            });
        }
        Box::pin(playing)
    }

    fn taken_in(&mut self, seen: SdkCaseResult) -> CaseResult {
        self.coverage.add(&seen.coverage);
        let halted_as = seen.halted.as_ref().map(|_| Offence::Ended);
        let SdkCaseResult { judged, halted, events, header, .. } = seen;
        CaseResult { judgements: judged, halt: halted, events, header: Some(header), halted_as }
    }
}

async fn driven(plan: &Plan, sdk: &Sdk, progress: Progress<'_>) -> Result<Driven, RunError> {
    let started = sdk.start_again(&plan.contract, plan.seed, progress).await;
    started.map_err(|halt| RunError::Play(halt.to_string()))
}

impl Subject for SdkSubject<'_> {
    type Case = SdkCase;

    const CASES: &'static str = "SDK cases";

    fn plan(&self) -> &Plan {
        self.plan
    }

    fn tests(&self) -> &PropertyTestPlan<SdkCase> {
        &self.plan.sdk_cases
    }

    fn case(&self, number: u64) -> Result<SdkCase, RunError> {
        self.config.case(self.plan.seed, number, LONG).map_err(RunError::Generate)
    }

    async fn play(&mut self, _name: &str, case: &SdkCase) -> Result<CaseResult, RunError> {
        self.revive().await?;
        let (runner, case) = (self.runner.clone(), case.clone());
        let seen = self.place(async move { Ok(runner.play(&case).await?) }).await?;
        if seen.halted.is_some() {
            // The adapter is in an unknown state: it is stopped, so that the next case gets a fresh one.
            self.tear_down().await;
        }
        Ok(self.taken_in(seen))
    }

    async fn play_afresh(&mut self, name: &str, case: &SdkCase) -> Result<CaseResult, RunError> {
        self.tear_down().await;
        self.play(name, case).await
    }

    /// Without a network many cases are played at once, as they share nothing.
    async fn play_all(&mut self, sdk_cases: &[(String, SdkCase)]) -> Result<Vec<CaseResult>, RunError> {
        self.revive().await?;
        let each = sdk_cases.len().div_ceil(self.threads()).max(1);
        let play = |some: &[(String, SdkCase)]| {
            let runner = self.runner.clone();
            let some: Vec<SdkCase> = some.iter().map(|(_, case)| case.clone()).collect();
            self.place(async move {
                let mut seen = Vec::new();
                for case in &some {
                    seen.push(runner.play(case).await?);
                }
                Ok(seen)
            })
        };
        let seen = futures::future::try_join_all(sdk_cases.chunks(each).map(play)).await?;
        Ok(seen.into_iter().flatten().map(|seen| self.taken_in(seen)).collect())
    }

    fn at_a_time(&self) -> u64 {
        if self.is_quiet() { 16 * threads() as u64 } else { 1 }
    }

    async fn tear_down(&mut self) {
        if let CaseSdk::Driven(driven) = &self.runner.sdk {
            driven.stop().await;
            self.is_torn_down = true;
        }
    }

    async fn shrunk(
        &mut self,
        number: u64,
        offence: &Offence,
        budget: &ShrinkBudget,
        afresh: bool,
    ) -> Result<SdkCase, RunError> {
        let whole = self.case(number)?;
        ShrinkSdkCase { subject: self, offence, budget, afresh }.case(whole).await
    }

    fn length(case: &SdkCase) -> usize {
        case.steps.len()
    }

    fn words(&self, case: &SdkCase) -> Vec<String> {
        cases::words(case)
    }

    fn kept(&self, regression: &Regression<SdkCase>) -> String {
        regression.text_of_sdk_case(cases::words(&regression.case))
    }

    /// The case followed by steps in which one install asks for its user, records and syncs, so that rules are
    /// exercised.
    fn with_epilogue(&self, case: &SdkCase) -> SdkCase {
        let who = 0;
        let has = |command: SdkCommandName, step: SdkStep| self.config.can(command).then_some(step);
        let after = [
            Some(SdkStep::Launch(who)),
            has(SdkCommandName::Network, SdkStep::Network { who, online: true }),
            Some(SdkStep::Create { who, user: 0, times: 1 }),
            has(SdkCommandName::StartSync, SdkStep::StartSync(who)),
            has(SdkCommandName::Record, SdkStep::Record { who, items: 1 }),
            has(SdkCommandName::SyncNow, SdkStep::SyncNow(who)),
        ];
        let after = after.into_iter().flatten();
        SdkCase { steps: case.steps.iter().cloned().chain(after).collect() }
    }

    fn lacks(&self, _life: &SdkCase) -> Option<String> {
        None
    }
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
