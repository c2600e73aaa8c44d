//! Settings of the mock: read from a file, overridden by flags, and checked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use standin_contracts::contract::{Contract, Diagnostic, FactError, InvalidFile, VENDORS, builtin};
use standin_mock_server::sandbox::{CLIENT_KEY, SERVER_KEY};
use standin_mock_server::{KeyRing, MockConfig};

use crate::args::ServeArgs;
use crate::output::Failure;

/// The file of settings for `standin serve`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Address and port to listen on.
    #[schemars(with = "Option<String>")]
    listen: Option<SocketAddr>,
    /// Shipped vendors and contract files. Paths are relative to this file.
    #[serde(default)]
    vendors: Vec<String>,
    /// Seed for all randomness.
    seed: Option<u64>,
    /// The largest request body to read, in bytes.
    body_limit: Option<usize>,
    /// The folder for each sandbox's history. The path is relative to this file.
    history: Option<PathBuf>,
    /// Keys and root facts to change, by vendor and name, such as `sentiance.server_key`.
    #[serde(default)]
    set: BTreeMap<String, BTreeMap<String, String>>,
}

/// The default address. Its port is the one that the container image exposes.
const LISTEN: ([u8; 4], u16) = ([127, 0, 0, 1], 7357);
/// The settings of a vendor besides its facts.
pub(crate) const KEYS: &[&str] = &["server_key", "client_key", "server_hash", "signing_key", "sdk_constant"];

impl Settings {
    fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let text =
            std::fs::read_to_string(path).map_err(|error| Failure::usage(format!("can't read {name}: {error}")))?;
        let mut settings: Self = toml::from_str(&text).map_err(|error| {
            let (message, help) = error.message().split_once(", expected ").map_or_else(
                || (error.message().to_owned(), "see `standin schema serve`".to_owned()),
                |(wrong, right)| (wrong.to_owned(), format!("expected {right}")),
            );
            let mistake = Diagnostic::new(error.span().unwrap_or(0..0), message, help);
            Failure::refused(&InvalidFile::new(&name, &text, vec![mistake]))
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        for vendor in settings.vendors.iter_mut().filter(|vendor| !VENDORS.contains(&vendor.as_str())) {
            *vendor = folder.join(&vendor).display().to_string();
        }
        settings.history = settings.history.map(|history| folder.join(history));
        Ok(settings)
    }
}

/// The server's configuration, from file and flags.
pub(crate) fn mock_config(args: &ServeArgs) -> Result<MockConfig, Failure> {
    let file = args.config.as_deref().map(Settings::read).transpose()?.unwrap_or_default();
    let names = if args.vendor.is_empty() { &file.vendors } else { &args.vendor };
    let mut contracts = contracts(names)?;
    let changes = changes(&file.set, &args.set)?;
    change_facts(&mut contracts, &changes)?;
    let mut config = MockConfig::new(contracts.into_iter().map(Arc::new).collect());
    config.listen = args.listen.or(file.listen).unwrap_or(SocketAddr::from(LISTEN));
    config.seed = args.seed.or(file.seed).unwrap_or(1);
    config.limits.body = args.body_limit.or(file.body_limit).unwrap_or(config.limits.body);
    config.history_dir = args.history.clone().or(file.history);
    for change in changes.iter().filter(|change| KEYS.contains(&change.name.as_str())) {
        set_key(&mut config, change)?;
    }
    Ok(config)
}

/// The URL of a mock that listens on this address.
pub(crate) fn reached_at(listen: Option<SocketAddr>) -> Result<String, Failure> {
    match listen.unwrap_or(SocketAddr::from(LISTEN)) {
        address if address.port() == 0 => {
            Err(Failure::usage(format!("{address} is any free port: say by --url which one the mock has taken")))
        }
        address => Ok(standin_mock_server::url(address)),
    }
}

/// A change of one key or fact.
pub(crate) struct Change {
    pub(crate) vendor: String,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// The changes of a file, then those of the flags: the later wins.
fn changes(file: &BTreeMap<String, BTreeMap<String, String>>, flags: &[String]) -> Result<Vec<Change>, Failure> {
    let of_file = file.iter().flat_map(|(vendor, names)| {
        names.iter().map(|(name, value)| Change { vendor: vendor.clone(), name: name.clone(), value: value.clone() })
    });
    let of_flags: Vec<Change> = flags.iter().map(|flag| change(flag)).collect::<Result<_, _>>()?;
    Ok(of_file.chain(of_flags).collect())
}

pub(crate) fn change(flag: &str) -> Result<Change, Failure> {
    let split = flag.split_once('=').and_then(|(name, value)| Some((name.split_once('.')?, value)));
    let Some(((vendor, name), value)) = split else {
        let example = "VENDOR.credential.lifetime=30s";
        return Err(Failure::usage(format!("`--set {flag}` names no vendor, fact and value, such as {example}")));
    };
    Ok(Change { vendor: vendor.to_owned(), name: name.to_owned(), value: value.to_owned() })
}

fn change_facts(contracts: &mut [Contract], changes: &[Change]) -> Result<(), Failure> {
    for change in changes {
        let served: Vec<String> = contracts.iter().map(|contract| contract.vendor.clone()).collect();
        let Some(contract) = contracts.iter_mut().find(|contract| contract.vendor == change.vendor) else {
            let known = served.join(", ");
            return Err(Failure::usage(format!("can't set `{}.{}`: served is {known}", change.vendor, change.name)));
        };
        if !KEYS.contains(&change.name.as_str()) {
            contract.facts.set(&change.name, &change.value).map_err(|error| match error {
                FactError::Unknown { .. } => Failure::usage(format!("{error}; of the keys: {}", KEYS.join(", "))),
                FactError::Value { .. } => Failure::usage(error),
            })?;
        }
    }
    Ok(())
}

fn set_key(config: &mut MockConfig, change: &Change) -> Result<(), Failure> {
    if change.value.is_empty() {
        return Err(Failure::usage(format!("`{}.{}` can't be empty", change.vendor, change.name)));
    }
    let keys = config.keys.entry(change.vendor.clone()).or_insert_with(|| KeyRing::of(SERVER_KEY, CLIENT_KEY));
    let secrets = config.secrets.entry(change.vendor.clone()).or_default();
    let place = match change.name.as_str() {
        "server_key" => keys.server.first_mut().map(|key| &mut key.value),
        "client_key" => keys.client.first_mut().map(|key| &mut key.value),
        "server_hash" => Some(&mut secrets.server_hash),
        "signing_key" => Some(&mut secrets.signing_key),
        _ => Some(&mut secrets.sdk_constant),
    };
    if let Some(place) = place {
        place.clone_from(&change.value);
    }
    Ok(())
}

/// The contracts of these vendors; all shipped ones if the list is empty.
pub(crate) fn contracts(names: &[String]) -> Result<Vec<Contract>, Failure> {
    if names.is_empty() {
        return VENDORS.iter().map(|name| contract(name)).collect();
    }
    let loaded: Vec<Contract> = names.iter().map(|name| contract(name)).collect::<Result<_, _>>()?;
    for (index, one) in loaded.iter().enumerate() {
        if loaded[..index].iter().any(|other| other.vendor == one.vendor) {
            return Err(Failure::usage(format!("the vendor `{}` is named twice", one.vendor)));
        }
    }
    Ok(loaded)
}

/// A shipped vendor's contract, or that of a file.
pub(crate) fn contract(name: &str) -> Result<Contract, Failure> {
    let loaded = match builtin(name) {
        Some(loaded) => loaded,
        None => {
            let text = std::fs::read_to_string(name).map_err(|error| {
                let shipped = VENDORS.join(", ");
                Failure::usage(format!(
                    "`{name}` is neither a shipped vendor ({shipped}) nor a contract file that can be read: {error}"
                ))
            })?;
            Contract::load(name, &text)
        }
    };
    loaded.map_err(|refused| Failure::refused(&refused))
}
