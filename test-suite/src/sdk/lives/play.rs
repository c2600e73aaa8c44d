//! Plays a generated life against the reference SDK, or one that differs from it in its conduct, and judges what was recorded.

use std::path::PathBuf;
use std::sync::Arc;

use standin_contracts::contract::{Contract, Secrets};
use standin_contracts::history::{Event, Subject};
use standin_contracts::ledger::Ledger;
use standin_contracts::protocol::OrderName;
use standin_contracts::rules::{self, Judgement, Verdict};
use standin_mock_server::sandbox::{CLIENT_KEY, SERVER_KEY};
use standin_mock_server::{ClockStart, MockConfig, MockServer};

use super::step::LifeStep;
use super::strategy::INSTALLS;
use crate::adapter::{Adapter, Order, Storage};
use crate::driver::Halt;
use crate::reference_sdk::{ReferenceSdk, SdkConduct};
use crate::report::{Step, sequence};
use crate::run::RunError;
use crate::sdk::world::{World, WorldSetup, halt};
use crate::sdk::{Handset, START};

/// What a life is played on.
pub struct LifeBench {
    /// The vendor.
    pub contract: Arc<Contract>,
    /// The requirements that the rules rest on.
    pub ledger: Arc<Ledger>,
    /// How the SDK behaves.
    pub conduct: Arc<dyn SdkConduct>,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// Where histories are kept, if they are.
    pub history: Option<PathBuf>,
}

/// What came of a life.
pub struct LifeSeen {
    /// What the rules say.
    pub judged: Vec<Judgement>,
    /// How many events were recorded.
    pub events: usize,
    /// The events that prove the first finding, told as a sequence with actors.
    pub proof: Vec<Step>,
}

impl LifeSeen {
    /// The rules that were broken, each with what happened.
    pub fn findings(&self) -> Vec<String> {
        let broken = self.judged.iter().filter(|judgement| judgement.verdict == Verdict::Broken);
        broken.flat_map(|one| one.findings.iter().map(|found| format!("{}: {}", one.rule, found.message))).collect()
    }
}

impl LifeBench {
    /// Plays a life in a world of its own.
    ///
    /// # Errors
    /// If the mock can't start, or the adapter breaks.
    pub async fn play(&self, steps: &[LifeStep]) -> Result<LifeSeen, LifeError> {
        let mut config = MockConfig::new(vec![self.contract.clone()]);
        config.seed = self.seed;
        config.clock = ClockStart::At(START);
        config.history_dir.clone_from(&self.history);
        let mock = MockServer::start(config).await.map_err(RunError::Mock)?;
        let world = self.world(&mock).await?;
        world.begin("life").await;
        Life::begin(&world).await?.live(steps).await?;
        world.settle().await?;
        world.end().await;
        let seen = self.judge(&mock);
        mock.stop().await;
        Ok(seen)
    }

    async fn world(&self, mock: &MockServer) -> Result<World, Halt> {
        let sdk = ReferenceSdk::new(self.contract.clone(), self.conduct.clone(), self.seed);
        let adapter = Arc::new(sdk.beside(mock.sandbox()).through(mock.direct()));
        let about = adapter.about().await.map_err(halt)?;
        let capabilities = about.capabilities.iter().map(|name| format!("sdk:{name}"));
        let capabilities = capabilities.chain([rules::VIRTUAL.to_owned()]).collect();
        mock.sandbox().describe(vec![Subject::Sdk], Vec::new(), capabilities);
        let setup = WorldSetup {
            contract: self.contract.clone(),
            server_key: SERVER_KEY.to_owned(),
            client_key: CLIENT_KEY.to_owned(),
            secrets: Secrets::default(),
            adapter,
            about,
            stage: None,
            direct: Some(mock.direct()),
        };
        World::new(setup, mock)
    }

    fn judge(&self, mock: &MockServer) -> LifeSeen {
        let sandbox = mock.sandbox();
        let kept = sandbox.history_after(0, usize::MAX);
        let events: Vec<&Event> = kept.iter().map(Arc::as_ref).collect();
        let judged =
            rules::judge(&sandbox.header(), events.iter().copied(), &self.contract.commands(), &self.ledger, None);
        let first = judged.iter().flat_map(|judgement| &judgement.findings).next();
        let proof = first.map(|found| sequence(&events, &found.events)).unwrap_or_default();
        LifeSeen { judged, events: events.len(), proof }
    }
}

/// Why a life could not be played.
#[derive(Debug, thiserror::Error)]
pub enum LifeError {
    /// The run could not begin.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The adapter broke.
    #[error("{0}")]
    Halt(#[from] Halt),
}

/// A life under way.
struct Life<'w> {
    world: &'w World,
    installs: Vec<Handset<'w>>,
    /// How many installs there ever were.
    made: usize,
}

impl<'w> Life<'w> {
    async fn begin(world: &'w World) -> Result<Self, Halt> {
        let mut life = Self { world, installs: Vec::new(), made: 0 };
        for _ in 0..INSTALLS {
            let install = life.install().await?;
            life.installs.push(install);
        }
        Ok(life)
    }

    async fn install(&mut self) -> Result<Handset<'w>, Halt> {
        self.made += 1;
        let kind = if self.made.is_multiple_of(2) { "tablet" } else { "phone" };
        let handset = self.world.install(&format!("{kind}{}", self.made), kind, Storage::New).await?;
        handset.launch().await?;
        handset.allow_all().await?;
        Ok(handset)
    }

    async fn live(&mut self, steps: &[LifeStep]) -> Result<(), Halt> {
        for step in steps {
            // On the heap: a step's future is as large as the largest.
            Box::pin(self.take(step)).await?;
        }
        Ok(())
    }

    async fn take(&mut self, step: &LifeStep) -> Result<(), Halt> {
        match step {
            LifeStep::Pass(span) => self.world.pass(*span).await,
            LifeStep::Meet(mishap) => self.world.meet(mishap.command, mishap.fault.clone(), mishap.times),
            LifeStep::Reinstall(who) => self.reinstall(*who).await,
            step => self.use_app(step).await,
        }
    }

    async fn reinstall(&mut self, who: usize) -> Result<(), Halt> {
        self.installs[who].kill().await?;
        self.installs[who] = self.install().await?;
        Ok(())
    }

    /// What happens with one install, or in the app.
    async fn use_app(&self, step: &LifeStep) -> Result<(), Halt> {
        match step {
            LifeStep::Restart(who, asleep) => {
                self.installs[*who].kill().await?;
                self.world.pass(*asleep).await?;
                self.installs[*who].launch().await
            }
            LifeStep::Grant(who, what, allowed) => {
                let categories = self.world.categories();
                let category = categories[what % categories.len()].clone();
                self.installs[*who].grant(&[category], *allowed).await
            }
            LifeStep::Create(who, user, times) => self.create(*who, *user, *times).await,
            LifeStep::CreateLate(who, user, age) => {
                let credential = self.world.credential(&name(*user)).await?;
                self.world.pass(*age).await?;
                self.installs[*who].create_user_with(&name(*user), credential).await.map(drop)
            }
            LifeStep::Record(who, items) => self.installs[*who].record_some(*items).await,
            LifeStep::StartSync(who) => self.installs[*who].start_sync().await,
            LifeStep::StopSync(who) => self.installs[*who].stop_sync().await,
            LifeStep::SyncNow(who) => self.installs[*who].sync_now().await,
            LifeStep::Wake(who, pushes) => self.wake(*who, *pushes).await,
            LifeStep::MistakePush(who) if self.can(OrderName::ForwardPush) => self.installs[*who].mistake_push().await,
            LifeStep::SwitchOff(who) => {
                // Nothing to switch off, unless the vendor knows the install.
                let _ = self.world.switch_off(&self.installs[*who]);
                Ok(())
            }
            step => self.order(step).await,
        }
    }

    /// What is one order as it stands.
    async fn order(&self, step: &LifeStep) -> Result<(), Halt> {
        let (who, order) = match step {
            LifeStep::SetInterval(who, span) => (who, Order::SetInterval { seconds: span.get() / 1000 }),
            LifeStep::Reset(who) => (who, Order::Reset {}),
            LifeStep::Forget(who) => (who, Order::Forget {}),
            LifeStep::Network(who, online) => (who, Order::Network { online: *online }),
            LifeStep::DeviceClock(who, seconds) => (who, Order::DeviceClock { offset_ms: seconds * 1000 }),
            _ => return Ok(()),
        };
        if self.can(order.name()) { self.installs[*who].run(order).await.map(drop) } else { Ok(()) }
    }

    async fn create(&self, who: usize, user: usize, times: usize) -> Result<(), Halt> {
        let user = name(user);
        let install = &self.installs[who];
        if times < 2 {
            return install.create_user(&user).await.map(drop);
        }
        let mut orders = Vec::new();
        for _ in 0..times {
            orders.push(install.creation(&user, self.world.credential(&user).await?));
        }
        install.run_at_once(Some(&user), orders).await
    }

    async fn wake(&self, who: usize, pushes: usize) -> Result<(), Halt> {
        for _ in 0..pushes {
            if self.can(OrderName::ForwardPush) {
                self.installs[who].wake().await?;
            }
        }
        Ok(())
    }

    fn can(&self, order: OrderName) -> bool {
        self.world.can(order)
    }
}

fn name(user: usize) -> String {
    format!("user{user}")
}
