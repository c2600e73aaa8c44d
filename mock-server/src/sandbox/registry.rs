//! All sandboxes of one server, and the lookup of the one that a request belongs to.

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

/// The name of the sandbox that always exists.
pub(crate) const DEFAULT: &str = "default";
/// The most sandboxes. A client that needs more forgets to delete them.
const MOST: usize = 1000;
const LONGEST_NAME: usize = 64;

/// The settings of a new sandbox.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSandbox {
    /// The sandbox's name: lower-case letters, digits and `-`, at most 64. Default: a generated name.
    #[serde(default)]
    #[schemars(regex(pattern = "^[a-z0-9-]{1,64}$"))]
    pub name: Option<String>,
    /// The seed for all randomness in the sandbox. Default: derived from the server's seed and the name.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Root facts to change in the sandbox, by vendor and name:
    /// `{"sentiance": {"credential.lifetime": "30s"}}`. Default: none.
    #[serde(default)]
    pub set: BTreeMap<String, BTreeMap<String, String>>,
}

/// The reason why a sandbox can't be found, created or deleted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SandboxError {
    /// The name is not valid.
    #[error("`{0}` is no name for a sandbox: 1 to 64 lower-case letters, digits and `-`")]
    BadName(String),
    /// A sandbox with this name exists already.
    #[error("there is a sandbox `{0}` already")]
    Exists(String),
    /// No sandbox has this name.
    #[error("there is no sandbox `{name}`; there is: {}", known.join(", "))]
    Unknown {
        /// The name that was given.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// The default sandbox can't be deleted.
    #[error("the sandbox `{DEFAULT}` can't be deleted; it can be reset")]
    Default,
    /// A fact is to be changed of a vendor that is not served.
    #[error("no vendor `{name}` is served here; there is: {}", known.join(", "))]
    UnknownVendor {
        /// The name that was given.
        name: String,
        /// The names of the vendors that are served.
        known: Vec<String>,
    },
    /// The fact can't be changed in this way.
    #[error(transparent)]
    Fact(#[from] FactError),
    /// There are too many sandboxes.
    #[error("there are {MOST} sandboxes already; delete some first")]
    TooMany,
}

/// The keys, credentials and sessions of all sandboxes but the default one, each with its sandbox's name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index(Arc<RwLock<HashMap<String, String>>>);

#[derive(Debug)]
pub(crate) struct Sandboxes {
    pub(crate) default: Sandbox,
    others: RwLock<IndexMap<String, Sandbox>>,
    index: Index,
    /// The settings of a new sandbox, except for its name, seed and keys.
    pattern: SandboxSetup,
    /// All sandboxes, sent whenever one is created or deleted.
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

    /// All sandboxes, the default one first.
    pub(crate) fn all(&self) -> Vec<Sandbox> {
        self.with_default(&self.others.read())
    }

    fn with_default(&self, others: &IndexMap<String, Sandbox>) -> Vec<Sandbox> {
        std::iter::once(self.default.clone()).chain(others.values().cloned()).collect()
    }

    /// A receiver of all sandboxes, the default one first. It is updated whenever one is created or deleted.
    pub(crate) fn told(&self) -> watch::Receiver<Vec<Sandbox>> {
        self.told.subscribe()
    }

    /// The sandbox that owns a key, credential, session or refresh token in the request, and true. If there is none,
    /// the default sandbox and false.
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

    /// The settings of a new sandbox. Its keys follow from the seed and the name, and no two sandboxes share one.
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

/// Changes root facts in the sandbox's own copies of the contracts.
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
