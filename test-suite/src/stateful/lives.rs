//! An SDK is hunted with generated lives.
//!
//! The reference SDK, and whatever differs from it in its conduct, is played without a network, on threads of its own and many at
//! a time. Any other is driven through its adapter, one life after the other; each life has installs of its own and a vendor that
//! knows nobody yet, and a failure is confirmed with an adapter that was started for it.

use std::num::NonZero;
use std::pin::Pin;
use std::sync::Arc;
use std::thread;

use standin_contracts::protocol::SdkCommandName;
use standin_mock_server::Coverage;

use super::offence::{Offence, Played};
use super::quarry::Quarry;
use super::shrink::Patience;
use super::shrink_life::ShrinkLife;
use super::{HuntPlan, Regression};
use crate::adapter::Kind;
use crate::report::FleetReport;
use crate::run::{Plan, Progress, RunError, SdkUnderTest, play_fleet};
use crate::sdk::lives::{self, Cast, Life, LifeBench, LifeSeen, LifeStep, Lived, quiet_runtime};
use crate::sdk::{CrashPoint, Driven, Scenario, Sdk};

/// How many steps a life has.
pub(crate) const LONG: usize = 50;

/// Something that is being played.
type Playing<T> = Pin<Box<dyn Future<Output = Result<T, RunError>> + Send>>;

/// An SDK that is hunted.
pub(crate) struct LifeQuarry<'p> {
    plan: &'p Plan,
    sdk: &'p SdkUnderTest,
    /// What lives are played on, and what they are made of.
    bench: Arc<LifeBench>,
    cast: Cast,
    /// What all that was played has covered.
    pub(crate) coverage: Coverage,
    /// True if the adapter was ended.
    struck: bool,
}

impl<'p> LifeQuarry<'p> {
    /// Starts whatever drives the SDK. It was probed before.
    pub(crate) async fn start(plan: &'p Plan, sdk: &'p SdkUnderTest, progress: Progress<'_>) -> Result<Self, RunError> {
        let lived = match &sdk.sdk {
            Sdk::Reference(conduct) => Lived::Reference(conduct.clone()),
            other => {
                let driven = driven(plan, other, progress).await?;
                if driven.about().kind == Kind::App {
                    let name = &sdk.name;
                    return Err(RunError::Play(format!(
                        "{name} is an app; lives, crash points and fleets are of SDKs alone"
                    )));
                }
                Lived::Driven(Arc::new(driven))
            }
        };
        let bench = LifeBench {
            contract: plan.contract.clone(),
            requirements: plan.requirements.clone(),
            sdk: lived,
            seed: plan.seed,
            rule: plan.rule.clone(),
            history: None,
        };
        let cast = bench.cast().await?;
        Ok(Self { plan, sdk, bench: Arc::new(bench), cast, coverage: Coverage::default(), struck: false })
    }

    /// True if it is played without a network, on threads of its own.
    fn is_quiet(&self) -> bool {
        matches!(self.bench.sdk, Lived::Reference(_))
    }

    /// How many plays go on at once.
    pub(crate) fn threads(&self) -> usize {
        if self.is_quiet() { threads() } else { 1 }
    }

    /// Ends what stands, for good.
    pub(crate) async fn end(mut self) {
        self.strike().await;
    }

    /// Plays a scenario in a world of its own, with a crash if one is told; nothing if somebody can't take part in it.
    pub(crate) async fn scenario(
        &mut self,
        scenario: &'static Scenario,
        crash: Option<&CrashPoint>,
    ) -> Result<Option<LifeSeen>, RunError> {
        self.revive().await?;
        let (bench, crash) = (self.bench.clone(), crash.cloned());
        let seen = self.place(async move { Ok(bench.scenario(scenario, crash.as_ref()).await?) }).await?;
        self.coverage.add(&seen.as_ref().map(|seen| seen.coverage.clone()).unwrap_or_default());
        Ok(seen)
    }

    /// Plays several scenarios, each with its crash.
    pub(crate) async fn crashes(&mut self, points: &[CrashPoint]) -> Result<Vec<LifeSeen>, RunError> {
        self.revive().await?;
        let play = |point: &CrashPoint| {
            let (bench, point) = (self.bench.clone(), point.clone());
            let scenario = point.of();
            let playing = async move {
                let scenario = scenario.ok_or_else(|| RunError::Play(format!("there is no scenario for {point}")))?;
                bench
                    .scenario(scenario, Some(&point))
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

    /// Has the vendor fail for many installs at once.
    pub(crate) async fn fleet(&mut self, many: usize) -> Result<(FleetReport, LifeSeen), RunError> {
        self.revive().await?;
        let bench = self.bench.clone();
        let (fleet, seen) = self.place(async move { play_fleet(&bench, many).await }).await?;
        self.coverage.add(&seen.coverage);
        Ok((fleet, seen))
    }

    /// Starts an adapter again that was ended.
    async fn revive(&mut self) -> Result<(), RunError> {
        if self.struck {
            let driven = driven(self.plan, &self.sdk.sdk, &|_| {}).await?;
            self.bench = Arc::new(self.bench.with(driven));
            self.struck = false;
        }
        Ok(())
    }

    /// Plays something where it belongs: on a thread of its own where nothing takes real time, or here.
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

    fn taken_in(&mut self, seen: LifeSeen) -> Played {
        self.coverage.add(&seen.coverage);
        let halted_as = seen.halted.as_ref().map(|_| Offence::Ended);
        Played { judgements: seen.judged, halt: seen.halted, events: seen.events, halted_as }
    }
}

async fn driven(plan: &Plan, sdk: &Sdk, progress: Progress<'_>) -> Result<Driven, RunError> {
    let started = sdk.start_again(&plan.contract, plan.seed, progress).await;
    started.map_err(|halt| RunError::Play(halt.to_string()))
}

impl Quarry for LifeQuarry<'_> {
    type Course = Life;

    const COURSES: &'static str = "lives";

    const CASE: &'static str = "--life";

    fn plan(&self) -> &Plan {
        self.plan
    }

    fn hunt(&self) -> &HuntPlan<Life> {
        &self.plan.lives
    }

    fn course(&self, case: u64) -> Result<Life, RunError> {
        self.cast.life(self.plan.seed, case, LONG).map_err(RunError::Generate)
    }

    async fn play(&mut self, _name: &str, life: &Life) -> Result<Played, RunError> {
        self.revive().await?;
        let (bench, life) = (self.bench.clone(), life.clone());
        let seen = self.place(async move { Ok(bench.play(&life).await?) }).await?;
        if seen.halted.is_some() {
            // Whatever comes next must not be held against an adapter that is broken already.
            self.strike().await;
        }
        Ok(self.taken_in(seen))
    }

    async fn play_afresh(&mut self, name: &str, life: &Life) -> Result<Played, RunError> {
        self.strike().await;
        self.play(name, life).await
    }

    /// Without a network many lives are played at once, as they share nothing.
    async fn play_all(&mut self, lives: &[(String, Life)]) -> Result<Vec<Played>, RunError> {
        self.revive().await?;
        let each = lives.len().div_ceil(self.threads()).max(1);
        let play = |some: &[(String, Life)]| {
            let bench = self.bench.clone();
            let some: Vec<Life> = some.iter().map(|(_, life)| life.clone()).collect();
            self.place(async move {
                let mut seen = Vec::new();
                for life in &some {
                    seen.push(bench.play(life).await?);
                }
                Ok(seen)
            })
        };
        let seen = futures::future::try_join_all(lives.chunks(each).map(play)).await?;
        Ok(seen.into_iter().flatten().map(|seen| self.taken_in(seen)).collect())
    }

    fn at_a_time(&self) -> u64 {
        if self.is_quiet() { 16 * threads() as u64 } else { 1 }
    }

    async fn strike(&mut self) {
        if let Lived::Driven(driven) = &self.bench.sdk {
            driven.stop().await;
            self.struck = true;
        }
    }

    async fn shrunk(
        &mut self,
        case: u64,
        offence: &Offence,
        patience: &Patience,
        afresh: bool,
    ) -> Result<Life, RunError> {
        let whole = self.course(case)?;
        ShrinkLife { quarry: self, offence, patience, afresh }.life(whole).await
    }

    fn length(life: &Life) -> usize {
        life.steps.len()
    }

    fn words(&self, life: &Life) -> Vec<String> {
        lives::words(life)
    }

    fn kept(&self, regression: &Regression<Life>) -> String {
        regression.text_of_life(lives::words(&regression.course))
    }

    /// After it one install asks for its user, records and syncs, so that a rule has something to be exercised by.
    fn with_epilogue(&self, life: &Life) -> Life {
        let who = 0;
        let has = |command: SdkCommandName, step: LifeStep| self.cast.can(command).then_some(step);
        let after = [
            Some(LifeStep::Launch(who)),
            has(SdkCommandName::Network, LifeStep::Network { who, online: true }),
            Some(LifeStep::Create { who, user: 0, times: 1 }),
            has(SdkCommandName::StartSync, LifeStep::StartSync(who)),
            has(SdkCommandName::Record, LifeStep::Record { who, items: 1 }),
            has(SdkCommandName::SyncNow, LifeStep::SyncNow(who)),
        ];
        let after = after.into_iter().flatten();
        Life { steps: life.steps.iter().cloned().chain(after).collect() }
    }

    fn lacks(&self, _life: &Life) -> Option<String> {
        None
    }
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
