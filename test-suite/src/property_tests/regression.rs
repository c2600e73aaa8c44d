//! Regression files: cases that failed, kept next to the subject's file and played first from then on.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use standin_contracts::contract::Contract;

use super::offence::Offence;
use super::step::{Case, Step};
use super::words::CaseNames;
use crate::driver::BackendConfig;
use crate::sdk::cases::SdkCase;

/// The version of the file format.
const VERSION: u32 = 1;

/// A case that failed in an earlier run.
#[derive(Debug, Clone)]
pub struct Regression<C> {
    /// The file in which it is kept.
    pub file: PathBuf,
    /// The seed of the generated case.
    pub seed: u64,
    /// The number of the generated case.
    pub number: u64,
    pub(super) breaks: Offence,
    pub(super) case: C,
}

/// Why a file is no regression of this subject.
#[derive(Debug, thiserror::Error)]
#[error("{}: {message}", file.display())]
pub struct RegressionError {
    file: PathBuf,
    message: String,
}

impl RegressionError {
    fn new(file: &Path, message: String) -> Self {
        Self { file: file.to_owned(), message }
    }
}

/// The kind of subject whose case a file keeps, as its first member says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// A client backend.
    Backend,
    /// An SDK.
    Sdk,
}

impl SubjectKind {
    /// The kind of subject of a regression file. A file that doesn't say counts as a client backend's: reading it
    /// then gives the error.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn told_by(file: &Path) -> Result<Self, RegressionError> {
        let kept: Option<Value> = serde_json::from_str(&text(file)?).ok();
        let is_sdk = kept.is_some_and(|kept| kept.get("standin_sdk_case").is_some());
        Ok(if is_sdk { Self::Sdk } else { Self::Backend })
    }
}

fn text(file: &Path) -> Result<String, RegressionError> {
    std::fs::read_to_string(file).map_err(|error| RegressionError::new(file, error.to_string()))
}

/// The regression files in a folder, by name, except those of the other kind. Empty if there is no such folder.
fn files(folder: &Path, but: SubjectKind) -> Result<Vec<PathBuf>, RegressionError> {
    let wrong = |error: std::io::Error| RegressionError::new(folder, error.to_string());
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(wrong)?,
    };
    let files: Result<Vec<PathBuf>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut own = Vec::new();
    for file in files.map_err(wrong)? {
        let is_kept = file.extension().is_some_and(|extension| extension == "json");
        if is_kept && SubjectKind::told_by(&file)? != but {
            own.push(file);
        }
    }
    own.sort();
    Ok(own)
}

/// The format of a file. Its indices refer to its own lists, so that it survives changes to the backend's file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    standin_backend_case: u32,
    breaks: String,
    /// The steps in words, for readers only: the program ignores them.
    words: Vec<String>,
    seed: u64,
    number: u64,
    users: Vec<String>,
    calls: Vec<String>,
    steps: Case,
}

impl Regression<Case> {
    /// The folder for regressions next to a backend's file.
    pub fn folder(config: &Path) -> PathBuf {
        let stem = config.file_stem().unwrap_or_default().to_string_lossy();
        config.with_file_name(format!("{stem}.regressions"))
    }

    /// Every regression of a backend in a folder, by file name. Empty if there is no such folder.
    ///
    /// # Errors
    /// If the folder or a file in it can't be read, or a file is no regression of this backend.
    pub fn read_all(folder: &Path, config: &BackendConfig, contract: &Contract) -> Result<Vec<Self>, RegressionError> {
        let files = files(folder, SubjectKind::Sdk)?;
        files.iter().map(|file| Self::read(file, config, contract)).collect()
    }

    /// Reads one regression.
    ///
    /// # Errors
    /// If the file can't be read, or is no regression of this backend.
    pub fn read(file: &Path, config: &BackendConfig, contract: &Contract) -> Result<Self, RegressionError> {
        let text = text(file)?;
        Self::parse(file, &text, config, contract).map_err(|message| RegressionError::new(file, message))
    }

    fn parse(file: &Path, text: &str, config: &BackendConfig, contract: &Contract) -> Result<Self, String> {
        let kept: Kept = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if kept.standin_backend_case != VERSION {
            return Err(format!(
                "`standin_backend_case` is {}, and this program reads {VERSION}",
                kept.standin_backend_case
            ));
        }
        let mut case = kept.steps;
        let names = CaseNames::of(config);
        let place = |what: &'static str, own: &[String], known: &[String], index: usize| {
            let name = own.get(index).ok_or_else(|| format!("there is no {what} number {index} in `{what}s`"))?;
            let found = known.iter().position(|other| other == name);
            found.ok_or_else(|| format!("the backend has no {what} `{name}`; there is: {}", known.join(", ")))
        };
        case.renumber(
            |user| place("user", &kept.users, &names.users, user),
            |call| place("call", &kept.calls, &names.calls, call),
        )?;
        check_steps(&case, contract)?;
        let breaks = Offence::named(&kept.breaks)?;
        Ok(Self { file: file.to_owned(), seed: kept.seed, number: kept.number, breaks, case })
    }

    pub(super) fn text(&self, names: &CaseNames) -> String {
        let kept = Kept {
            standin_backend_case: VERSION,
            breaks: self.breaks.name().to_owned(),
            words: names.case(&self.case),
            seed: self.seed,
            number: self.number,
            users: names.users.clone(),
            calls: names.calls.clone(),
            steps: self.case.clone(),
        };
        // Names, numbers and text can always be written as JSON.
        serde_json::to_string_pretty(&kept).unwrap_or_default() + "\n"
    }
}

impl<C: fmt::Debug> Regression<C> {
    /// A regression for a failing case, with the name of its file.
    pub(super) fn of_case(folder: &Path, breaks: Offence, case: C, seed: u64, number: u64) -> Self {
        let file = folder.join(format!("{}-{:08x}.json", breaks.name().replace('/', "-"), digest(&case)));
        Self { file, seed, number, breaks, case }
    }

    pub(super) fn write(&self, content: &str) -> std::io::Result<()> {
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&self.file, content)
    }

    /// The rule that it failed; `None` if the subject ended or hung.
    pub fn rule(&self) -> Option<&str> {
        self.breaks.rule()
    }
}

fn check_steps(case: &Case, contract: &Contract) -> Result<(), String> {
    if case.steps.is_empty() {
        return Err("`steps` is empty: there is nothing to play".to_owned());
    }
    for step in &case.steps {
        match step {
            Step::Fault { on: Some(command), .. } if !contract.has(*command) => {
                return Err(format!("`{}` has no {command}", contract.vendor));
            }
            Step::Fault { next: 0, .. } => return Err("`next` counts from 1".to_owned()),
            _ => {}
        }
    }
    Ok(())
}

/// A file name from the content: equal cases are kept once.
fn digest(case: &impl fmt::Debug) -> u32 {
    let mut hasher = DefaultHasher::new();
    format!("{case:?}").hash(&mut hasher);
    hasher.finish() as u32
}

/// The format of a file that keeps an SDK's case.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptSdkCase {
    standin_sdk_case: u32,
    breaks: String,
    /// The steps in words, for readers only: the program ignores them.
    words: Vec<String>,
    seed: u64,
    number: u64,
    steps: SdkCase,
}

impl Regression<SdkCase> {
    /// Every regression of an SDK in a folder, by file name. Empty if there is no such folder.
    ///
    /// # Errors
    /// If the folder or a file in it can't be read, or a file is no regression of an SDK of this vendor.
    pub fn read_sdk_cases(folder: &Path, contract: &Contract) -> Result<Vec<Self>, RegressionError> {
        files(folder, SubjectKind::Backend)?.iter().map(|file| Self::read_sdk_case(file, contract)).collect()
    }

    /// Reads one regression of an SDK.
    ///
    /// # Errors
    /// If the file can't be read, or is no regression of an SDK of this vendor.
    pub fn read_sdk_case(file: &Path, contract: &Contract) -> Result<Self, RegressionError> {
        let text = text(file)?;
        Self::parse_sdk_case(file, &text, contract).map_err(|message| RegressionError::new(file, message))
    }

    fn parse_sdk_case(file: &Path, text: &str, contract: &Contract) -> Result<Self, String> {
        let kept: KeptSdkCase = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if kept.standin_sdk_case != VERSION {
            return Err(format!("`standin_sdk_case` is {}, and this program reads {VERSION}", kept.standin_sdk_case));
        }
        kept.steps.check(contract)?;
        let breaks = Offence::named(&kept.breaks)?;
        Ok(Self { file: file.to_owned(), seed: kept.seed, number: kept.number, breaks, case: kept.steps })
    }

    pub(super) fn text_of_sdk_case(&self, words: Vec<String>) -> String {
        let kept = KeptSdkCase {
            standin_sdk_case: VERSION,
            breaks: self.breaks.name().to_owned(),
            words,
            seed: self.seed,
            number: self.number,
            steps: self.case.clone(),
        };
        // Names, numbers and text can always be written as JSON.
        serde_json::to_string_pretty(&kept).unwrap_or_default() + "\n"
    }
}
