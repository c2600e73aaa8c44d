//! All sandboxes of one server, and how a request finds its own.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use indexmap::IndexMap;
use parking_lot::RwLock;
use schemars::JsonSchema;
use serde::Deserialize;
use standin_contracts::contract::FactError;
use standin_contracts::protocol::{Call, Field};
use tokio::sync::watch;

use super::{Sandbox, SandboxSetup};
use crate::engine::KeyRing;

/// The sandbox that is always there.
pub(crate) const DEFAULT: &str = "default";
/// More sandboxes than this are a client that forgets to delete them.
const MOST: usize = 1000;
const LONGEST_NAME: usize = 64;

/// What a new sandbox is asked for by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSandbox {
    /// Its name: lower-case letters, digits and `-`, at most 64. One is made up if none is given.
    #[serde(default)]
    #[schemars(regex(pattern = "^[a-z0-9-]{1,64}$"))]
    pub name: Option<String>,
    /// The seed of everything it draws; derived from the server's seed and the name if none is given.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Root facts to change in it, by vendor and name, such as `{"sentiance": {"credential.lifetime": "30s"}}`.
    #[serde(default)]
    pub set: BTreeMap<String, BTreeMap<String, String>>,
}

/// Why there is no such sandbox, or can't be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SandboxError {
    /// The name isn't one.
    #[error("`{0}` is no name for a sandbox: 1 to 64 lower-case letters, digits and `-`")]
    BadName(String),
    /// There is one already.
    #[error("there is a sandbox `{0}` already")]
    Exists(String),
    /// There is none.
    #[error("there is no sandbox `{name}`; there is: {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What would be right.
        known: Vec<String>,
    },
    /// The default one stays.
    #[error("the sandbox `{DEFAULT}` can't be deleted; it can be reset")]
    Default,
    /// A fact is to be changed of a vendor that isn't served.
    #[error("no vendor `{name}` is served here; there is: {}", known.join(", "))]
    UnknownVendor {
        /// What was written.
        name: String,
        /// What would be right.
        known: Vec<String>,
    },
    /// A fact can't be changed so.
    #[error(transparent)]
    Fact(#[from] FactError),
    /// There are too many.
    #[error("there are {MOST} sandboxes already; delete some first")]
    TooMany,
}

/// Keys, credentials and sessions of the sandboxes that aren't the default one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index(Arc<RwLock<HashMap<String, String>>>);

#[derive(Debug)]
pub(crate) struct Sandboxes {
    pub(crate) default: Sandbox,
    others: RwLock<IndexMap<String, Sandbox>>,
    index: Index,
    /// What a new sandbox is made from, but for its name, seed and keys.
    pattern: SandboxSetup,
    /// All of them, told whenever one is made or deleted.
    told: watch::Sender<Vec<Sandbox>>,
}

impl Index {
    pub(crate) fn note(&self, value: &str, sandbox: &str) {
        self.0.write().insert(value.to_owned(), sandbox.to_owned());
    }

    pub(crate) fn note_keys(&self, sandbox: &Sandbox) {
        for (value, _) in sandbox.vendors().iter().flat_map(|vendor| vendor.keys.labelled()) {
            self.note(value, sandbox.name());
        }
    }

    pub(crate) fn forget(&self, sandbox: &str) {
        self.0.write().retain(|_, owner| owner != sandbox);
    }

    fn owner<'v>(&self, mut values: impl Iterator<Item = &'v str>) -> Option<String> {
        let known = self.0.read();
        if known.is_empty() {
            return None;
        }
        values.find_map(|value| known.get(value).cloned())
    }
}

impl Sandboxes {
    pub(crate) fn new(pattern: SandboxSetup) -> Self {
        let default = Sandbox::new(SandboxSetup { name: DEFAULT.to_owned(), ..pattern.clone() });
        let told = watch::Sender::new(vec![default.clone()]);
        Self { default, others: RwLock::default(), index: Index::default(), pattern, told }
    }

    pub(crate) fn get(&self, name: &str) -> Result<Sandbox, SandboxError> {
        if name == DEFAULT {
            return Ok(self.default.clone());
        }
        let others = self.others.read();
        others.get(name).cloned().ok_or_else(|| SandboxError::Unknown {
            name: name.to_owned(),
            known: std::iter::once(DEFAULT.to_owned()).chain(others.keys().cloned()).collect(),
        })
    }

    /// Every sandbox, the default one first.
    pub(crate) fn all(&self) -> Vec<Sandbox> {
        self.with_default(&self.others.read())
    }

    fn with_default(&self, others: &IndexMap<String, Sandbox>) -> Vec<Sandbox> {
        std::iter::once(self.default.clone()).chain(others.values().cloned()).collect()
    }

    /// Every sandbox, the default one first, and told anew whenever one is made or deleted.
    pub(crate) fn told(&self) -> watch::Receiver<Vec<Sandbox>> {
        self.told.subscribe()
    }

    /// The sandbox that owns a key, credential, session or refresh token which the request carries, and true; else the default
    /// one, and false.
    pub(crate) fn find(&self, call: Option<&Call>, keys: &[String]) -> (Sandbox, bool) {
        let guards = call.map(|call| call.access.iter().flatten()).into_iter().flatten();
        let fields = call.and_then(|call| call.input.as_ref().ok());
        let told = [Field::Credential, Field::Refresh].into_iter().filter_map(|field| fields?.text(&field));
        let sent = guards.filter_map(|guard| guard.sent.as_deref()).chain(keys.iter().map(String::as_str));
        let owner = self.index.owner(sent.chain(told));
        match owner.and_then(|name| self.others.read().get(&name).cloned()) {
            Some(sandbox) => (sandbox, true),
            None => (self.default.clone(), false),
        }
    }

    pub(crate) fn make(&self, asked: NewSandbox) -> Result<Sandbox, SandboxError> {
        let mut others = self.others.write();
        if others.len() >= MOST {
            return Err(SandboxError::TooMany);
        }
        let name = asked.name.unwrap_or_else(|| free_name(&others));
        check_name(&name)?;
        if name == DEFAULT || others.contains_key(&name) {
            return Err(SandboxError::Exists(name));
        }
        let mut setup = self.setup(&name, asked.seed);
        change_facts(&mut setup, &asked.set)?;
        let sandbox = Sandbox::indexed(setup, Some(self.index.clone()));
        self.index.note_keys(&sandbox);
        others.insert(name, sandbox.clone());
        self.told.send_replace(self.with_default(&others));
        Ok(sandbox)
    }

    pub(crate) fn delete(&self, name: &str) -> Result<(), SandboxError> {
        if name == DEFAULT {
            return Err(SandboxError::Default);
        }
        let sandbox = self.get(name)?;
        {
            let mut others = self.others.write();
            others.shift_remove(name);
            self.told.send_replace(self.with_default(&others));
        }
        self.index.forget(name);
        sandbox.clear_faults();
        sandbox.close();
        Ok(())
    }

    /// The keys follow from the seed and the name, and no two sandboxes share one.
    fn setup(&self, name: &str, seed: Option<u64>) -> SandboxSetup {
        let seed = seed.unwrap_or_else(|| crate::seed::derive(self.pattern.seed, name));
        let key = |kind: &str| {
            let drawn = crate::seed::mix(&[&seed.to_le_bytes(), name.as_bytes(), kind.as_bytes()]);
            format!("{name}-{kind}-{drawn:016x}")
        };
        let mut setup = SandboxSetup { name: name.to_owned(), seed, ..self.pattern.clone() };
        for vendor in &mut setup.vendors {
            vendor.keys = KeyRing::of(&key("server"), &key("client"));
        }
        setup
    }
}

/// Changes root facts of the sandbox's own copies of the contracts.
fn change_facts(
    setup: &mut SandboxSetup,
    changes: &BTreeMap<String, BTreeMap<String, String>>,
) -> Result<(), SandboxError> {
    let known: Vec<String> = setup.vendors.iter().map(|vendor| vendor.name().to_owned()).collect();
    for (name, facts) in changes {
        let Some(vendor) = setup.vendors.iter_mut().find(|vendor| vendor.name() == name) else {
            return Err(SandboxError::UnknownVendor { name: name.clone(), known });
        };
        let contract = Arc::make_mut(&mut vendor.contract);
        for (fact, value) in facts {
            contract.facts.set(fact, value)?;
        }
    }
    Ok(())
}

fn free_name(others: &IndexMap<String, Sandbox>) -> String {
    let mut number = others.len() + 1;
    while others.contains_key(&format!("sandbox-{number}")) {
        number += 1;
    }
    format!("sandbox-{number}")
}

fn check_name(name: &str) -> Result<(), SandboxError> {
    let letters = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if letters && (1..=LONGEST_NAME).contains(&name.len()) {
        return Ok(());
    }
    Err(SandboxError::BadName(name.to_owned()))
}
