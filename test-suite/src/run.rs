//! One run: a stage is set, the journeys are played, the history is judged, and a document comes out.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use standin_contracts::contract::{Contract, FactError, Secrets};
use standin_contracts::history::{Event, Header, Subject, What};
use standin_contracts::ledger::Ledger;
use standin_contracts::protocol::{CommandName, Millis};
use standin_contracts::rules::{self, Judgement, Verdict};
use standin_mock_server::sandbox::{CLIENT_KEY, SERVER_KEY, WEBHOOK_PASSWORD, WEBHOOK_USER};
use standin_mock_server::{KeyRing, MockConfig, MockServer, Sandbox, StartError};
use tempfile::TempDir;

use crate::driver::{BackendConfig, Halt, Launch, Started};
use crate::journeys::{JOURNEYS, Journey, Need};
use crate::judging::{Judging, Telling};
use crate::report::{FactReport, JourneyReport, VendorReport};
use crate::stage::Stage;
use crate::stateful::{self, HuntPlan};
use crate::{exercise, outcome, snapshot};

/// A longer timeout than this is not waited for unless there is time for it.
const SHORT: Millis = Millis::from_secs(4);

/// What to run against one vendor.
pub struct Plan {
    /// The vendor.
    pub contract: Arc<Contract>,
    /// The requirements that the rules rest on.
    pub ledger: Arc<Ledger>,
    /// The backend under test.
    pub config: BackendConfig,
    /// How it comes to be.
    pub launch: Launch,
    /// Root facts to change, by name, on top of the file's.
    pub set: BTreeMap<String, String>,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// Whether journeys may take minutes of real time.
    pub slow: bool,
    /// Play only this journey.
    pub journey: Option<String>,
    /// Whether transcripts are made. Then the journeys before the chosen one are played too: what the vendor knows by then
    /// shows in what it says.
    pub snapshots: bool,
    /// Judge only this rule.
    pub rule: Option<String>,
    /// The command that runs this plan again, without its filters.
    pub command: String,
    /// Where the history is kept, if it is.
    pub history: Option<PathBuf>,
    /// What to hunt beside the journeys.
    pub hunt: HuntPlan,
}

/// The app of a run, unless its file names one.
const APP_ID: &str = "app-1";

/// A vendor and the backend that was started for it.
pub(crate) struct Setting {
    pub(crate) mock: MockServer,
    pub(crate) stage: Result<Stage, Halt>,
    /// What the backend may write to; gone with this.
    pub(crate) folder: TempDir,
}

/// The keys and secrets of a run.
struct Keys {
    server: String,
    client: String,
    /// What the vendor shows to the backend's receiver, as `user:password`.
    partner: String,
    secrets: Secrets,
}

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The mock can't start.
    #[error("the mock can't start")]
    Mock(#[from] StartError),
    /// There is no place for what the backend keeps.
    #[error("can't make a folder for what the backend keeps")]
    Folder(#[source] std::io::Error),
    /// A fact can't be set.
    #[error(transparent)]
    Fact(#[from] FactError),
    /// No course of events can be generated.
    #[error("no course of events can be generated: {0}")]
    Generate(String),
}

/// Tells what a run is doing.
pub type Progress<'p> = &'p (dyn Fn(&str) + Send + Sync);

impl Plan {
    /// Runs the plan.
    ///
    /// # Errors
    /// If the run can't even begin. A subject that fails is a part of the report.
    pub async fn run(mut self, progress: Progress<'_>) -> Result<VendorReport, RunError> {
        let changed = self.change_facts()?;
        if let Some(only) = &self.hunt.only {
            return Box::pin(stateful::replay(&self, only, changed)).await;
        }
        let past = Box::pin(stateful::regressions(&self, progress)).await?;
        let mut report = Box::pin(self.play_journeys(changed, progress)).await?;
        past.add_to(&mut report);
        Box::pin(stateful::hunt(&self, &mut report, progress)).await?;
        Ok(report)
    }

    async fn play_journeys(&self, changed: Vec<FactReport>, progress: Progress<'_>) -> Result<VendorReport, RunError> {
        let Setting { mock, stage, folder: _folder } = self.set_stage(self.history.clone()).await?;
        let (journeys, halted) = match stage {
            Err(halt) => (Vec::new(), Some(halt)),
            Ok(stage) => {
                let played = self.play(&stage, progress).await;
                stage.strike().await;
                played
            }
        };
        progress("judging");
        let report = self.judge(&mock, changed, journeys, halted.as_ref());
        mock.stop().await;
        Ok(report)
    }

    /// Starts the mock, and with it the backend; the history is kept in this folder, if in any.
    pub(crate) async fn set_stage(&self, history: Option<PathBuf>) -> Result<Setting, RunError> {
        let keys = self.keys();
        let folder = tempfile::tempdir().map_err(RunError::Folder)?;
        let mut mock = self.mock(&keys, history).await?;
        let elsewhere = mock.open_elsewhere().await?;
        let sandbox = mock.sandbox();
        self.describe(&sandbox);
        let told = Started {
            vendor_url: mock.vendor_url(&self.contract.vendor),
            server_key: keys.server,
            client_key: keys.client,
            secrets: keys.secrets,
            partner_key: keys.partner,
            app_id: self.app_id(),
            folder: folder.path().to_owned(),
        };
        // On the heap: with all that a stage holds, the run is too large a future for its callers.
        let setting = Stage::set(self.config.clone(), self.contract.clone(), sandbox, told, elsewhere, &self.launch);
        let stage = Box::pin(setting).await;
        Ok(Setting { mock, stage, folder })
    }

    fn change_facts(&mut self) -> Result<Vec<FactReport>, FactError> {
        let before: Vec<String> = self.contract.facts.list().map(|(_, value, _)| value).collect();
        let mut contract = (*self.contract).clone();
        for (name, value) in self.config.mock.set.iter().chain(&self.set) {
            contract.facts.set(name, value)?;
        }
        self.contract = Arc::new(contract);
        let after = self.contract.facts.list();
        let pairs = after.zip(before).filter(|((_, run, _), was)| run != was);
        Ok(pairs.map(|((name, run, _), contract)| FactReport { name: name.to_owned(), contract, run }).collect())
    }

    async fn mock(&self, told: &Keys, history: Option<PathBuf>) -> Result<MockServer, StartError> {
        let vendor = self.contract.vendor.clone();
        let mut config = MockConfig::new(vec![self.contract.clone()]);
        if let Some(address) = self.config.mock.listen {
            config.listen = address;
        }
        config.seed = self.seed;
        config.history_dir = history;
        config.keys = BTreeMap::from([(vendor.clone(), KeyRing::of(&told.server, &told.client))]);
        config.secrets = BTreeMap::from([(vendor, told.secrets.clone())]);
        MockServer::start(config).await
    }

    fn keys(&self) -> Keys {
        let table = &self.config.mock;
        let mut secrets = Secrets::default();
        if let Some(hash) = &table.server_hash {
            secrets.server_hash.clone_from(hash);
        }
        let own = |key: &Option<String>, known: &str| key.clone().unwrap_or_else(|| known.to_owned());
        let webhook = self.config.webhook.as_ref();
        let user = webhook.and_then(|table| table.username.as_deref()).unwrap_or(WEBHOOK_USER);
        let password = webhook.and_then(|table| table.password.as_deref()).unwrap_or(WEBHOOK_PASSWORD);
        let partner = format!("{user}:{password}");
        Keys {
            server: own(&table.server_key, SERVER_KEY),
            client: own(&table.client_key, CLIENT_KEY),
            partner,
            secrets,
        }
    }

    /// The app that the backend's receiver is for: the one in which the played SDK is.
    fn app_id(&self) -> String {
        let own = self.config.webhook.as_ref().and_then(|table| table.app_id.clone());
        own.unwrap_or_else(|| APP_ID.to_owned())
    }

    /// What a rule may know before the first event.
    fn describe(&self, sandbox: &Sandbox) {
        let users = self.config.users.iter().map(|user| user.name.clone()).collect();
        let calls = self.config.calls.list().map(|(name, _)| format!("call:{name}"));
        let restart = self.launch.can_restart(&self.config).then(|| "restart".to_owned());
        let slow = self.slow.then(|| "slow".to_owned());
        let personal = self.config.knows_persons().then(|| "personal".to_owned());
        let clock = self.launch.is_virtual().then(|| rules::VIRTUAL.to_owned());
        let timeout = format!("vendor_timeout:{}", self.config.subject.vendor_timeout);
        let webhook = self.config.webhook.iter().flat_map(|table| {
            let probe = table.probe.as_ref().map(|_| "webhook:probe".to_owned());
            std::iter::once("webhook".to_owned()).chain(probe)
        });
        let more = restart.into_iter().chain(slow).chain(personal).chain(clock).chain([timeout]).chain(webhook);
        sandbox.describe(vec![Subject::ClientBackend], users, calls.chain(more).collect());
    }

    async fn play(&self, stage: &Stage, progress: Progress<'_>) -> (Vec<JourneyReport>, Option<Halt>) {
        let mut reports = Vec::new();
        let mut halted = None;
        // A vendor that brings nothing has no journeys about it: that is nothing to tell.
        let brings = self.contract.has(CommandName::Webhook);
        let has_part = |journey: &&Journey| brings || !journey.needs.contains(&Need::Webhook);
        for journey in self.chosen().iter().filter(has_part) {
            progress(journey.name);
            let skipped = match &halted {
                Some(_) => Some("the run had ended".to_owned()),
                None => self.play_one(stage, journey).await.unwrap_or_else(|halt| {
                    halted = Some(halt);
                    Some("the run ended in it".to_owned())
                }),
            };
            reports.push(JourneyReport { name: journey.name.to_owned(), summary: journey.summary.to_owned(), skipped });
        }
        (reports, halted)
    }

    fn chosen(&self) -> &'static [Journey] {
        let chosen = self.journey.as_ref().and_then(|name| JOURNEYS.iter().position(|journey| journey.name == name));
        match chosen {
            None => JOURNEYS,
            Some(last) if self.snapshots => &JOURNEYS[..=last],
            Some(one) => &JOURNEYS[one..=one],
        }
    }

    /// Plays a journey, unless the subject can't take part in it: then the reason is returned.
    async fn play_one(&self, stage: &Stage, journey: &Journey) -> Result<Option<String>, Halt> {
        if let Some(lack) = journey.needs.iter().find_map(|need| self.lack(*need)) {
            return Ok(Some(lack));
        }
        stage.sandbox().record(What::Journey { name: journey.name.to_owned() });
        (journey.play)(stage).await?;
        stage.settle().await?;
        Ok(None)
    }

    /// Why this run can't give a journey what it needs, if it can't.
    fn lack(&self, need: Need) -> Option<String> {
        let lack = match need {
            Need::Call(call) => {
                let given = self.config.calls.list().any(|(name, _)| name == call);
                return (!given).then(|| format!("the file has no [calls.{call}]"));
            }
            Need::Restart if !self.launch.can_restart(&self.config) => {
                Some("the subject was running already: it can't be restarted")
            }
            Need::Slow if !self.has_time() => Some("it takes longer than five seconds of real time: run with `--slow`"),
            Need::Timeout if !self.has_time() && self.config.subject.vendor_timeout > SHORT => Some(
                "the subject may wait long for its vendor: run with `--slow`, or declare a `vendor_timeout` of 4s or less",
            ),
            Need::Webhook if self.config.webhook.is_none() => Some("the configuration gives no [webhook]"),
            Need::Restart | Need::Slow | Need::Timeout | Need::Webhook => None,
        };
        lack.map(str::to_owned)
    }

    /// True if the subject may be given all the time that it takes.
    fn has_time(&self) -> bool {
        self.slow || self.launch.is_virtual()
    }

    fn judge(
        &self,
        mock: &MockServer,
        changed: Vec<FactReport>,
        journeys: Vec<JourneyReport>,
        halted: Option<&Halt>,
    ) -> VendorReport {
        let sandbox = mock.sandbox();
        let kept = sandbox.history_after(0, usize::MAX);
        let events: Vec<&Event> = kept.iter().map(Arc::as_ref).collect();
        let judge = |events: &[&Event]| self.judgements(&sandbox.header(), events.iter().copied());
        let exercised = exercise::journeys(&events, judge);
        let vendor = &self.contract.vendor;
        let transcripts = if self.snapshots { snapshot::transcripts(vendor, &events) } else { Vec::new() };
        VendorReport {
            journeys,
            without_outcome: self.without_outcome(&events),
            halted: halted.map(|halt| sandbox.redact(&halt.to_string())),
            transcripts,
            ..self.report(changed, judge(&events), exercised, &events)
        }
    }

    /// What the rules say of these events.
    pub(crate) fn judgements<'e>(
        &self,
        header: &Header,
        events: impl IntoIterator<Item = &'e Event>,
    ) -> Vec<Judgement> {
        self.judging().judgements(header, events)
    }

    /// A report of these judgements; no journey is in it.
    pub(crate) fn report(
        &self,
        changed: Vec<FactReport>,
        judged: Vec<Judgement>,
        exercised: BTreeMap<String, Vec<String>>,
        events: &[&Event],
    ) -> VendorReport {
        let telling = Telling {
            subject: &self.config.subject.name,
            promised: true,
            excuse: &|rule, verdict| self.excuse(rule, verdict),
            replay: &|rule, journey| self.replay(rule, journey),
        };
        VendorReport { changed, ..self.judging().report(&telling, judged, exercised, events) }
    }

    fn judging(&self) -> Judging<'_> {
        Judging { contract: &self.contract, ledger: &self.ledger, rule: self.rule.as_deref() }
    }

    /// Why a rule may stay unseen. What only a run with `--slow` sees is excused for the others, and seeing it is no surprise.
    fn excuse(&self, name: &str, verdict: Verdict) -> Option<String> {
        let is_unseen = matches!(verdict, Verdict::NotExercised | Verdict::Untestable);
        let is_slow = rules::find(name).is_ok_and(|rule| rule.slow);
        self.config.accepted.get(name).filter(|_| is_unseen || !(self.slow && is_slow)).cloned()
    }

    fn replay(&self, rule: &str, journey: Option<&str>) -> String {
        let journey = journey.map(|name| format!(" --journey {name}")).unwrap_or_default();
        format!("{} --rule {rule}{journey} --seed {}", self.command, self.seed)
    }

    /// The calls that never had an outcome though nothing was wrong at the vendor: what follows them was not seen either.
    /// A single journey need not show one.
    fn without_outcome(&self, events: &[&Event]) -> Vec<String> {
        if self.journey.is_some() {
            return Vec::new();
        }
        // To have a user erased is no wish for an outcome.
        let wishes = self.config.calls.list().filter(|(name, _)| *name != "erase");
        wishes.filter_map(|(name, call)| outcome::never_seen(name, &call.outcome, events)).collect()
    }
}

/// Checks a journey's name.
///
/// # Errors
/// With the names that exist.
pub fn check_journey(name: &str) -> Result<(), String> {
    one_of(name, JOURNEYS.iter().map(|journey| journey.name))
}

/// The same among these journeys.
pub(crate) fn one_of<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Result<(), String> {
    let known: Vec<&str> = known.collect();
    if known.contains(&name) {
        return Ok(());
    }
    Err(format!("there is no journey `{name}`; there is: {}", known.join(", ")))
}
