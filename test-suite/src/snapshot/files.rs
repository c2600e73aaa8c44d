//! Snapshot files in insta's format, so that `cargo insta review` shows them. They are compared and written without
//! insta.

use std::io;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use similar::TextDiff;

use crate::report::VendorReport;
use crate::scenarios::SCENARIOS;
use crate::sdk;

/// What to do with the files of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Compare, and create no files.
    Nothing,
    /// Compare, and write new and changed snapshots beside the file, as `.snap.new`.
    Proposals,
    /// Accept the recorded traffic as the new snapshots.
    Everything,
}

/// The result of one scenario's snapshot.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SnapshotReport {
    /// The name of the scenario.
    pub scenario: String,
    /// The path of the file.
    pub file: String,
    /// The result of the comparison.
    pub state: SnapshotState,
    /// The change as a unified diff, from the file to this run.
    pub diff: Option<String>,
    /// Why it was not compared; null if it was.
    pub reason: Option<String>,
}

/// The state of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotState {
    /// The traffic is the same as in the file.
    Same,
    /// The traffic differs from the file.
    Changed,
    /// There is no snapshot yet.
    New,
    /// The file was written.
    Updated,
    /// The scenario was not played to its end.
    NotCompared,
    /// The file's scenario does not exist any more.
    LeftOver,
    /// The file's scenario did not exist any more, and the file was removed.
    Removed,
}

impl SnapshotState {
    /// Whether the state makes a run fail.
    pub fn fails(self) -> bool {
        matches!(self, Self::Changed | Self::New)
    }
}

/// Compares the transcripts of a run with the files in a folder, and adds the results to the report. The folder must
/// exist unless `keep` is [`Keep::Nothing`]. `only` names the scenario that was asked for, if one was.
///
/// # Errors
/// If a file can't be read or written. The error has its path.
pub fn compare(report: &mut VendorReport, folder: &Path, only: Option<&str>, keep: Keep) -> Result<(), io::Error> {
    let folder = SnapshotFolder { folder, vendor: &report.vendor, keep };
    let mut snapshots = Vec::new();
    for scenario in report.scenarios.iter().filter(|scenario| only.is_none_or(|name| name == scenario.name)) {
        let said = report.transcripts.iter().find(|transcript| transcript.scenario == scenario.name);
        let said = match (&scenario.skipped, said.map(|transcript| &transcript.text)) {
            (Some(reason), _) | (None, Some(Err(reason))) => Err(reason.as_str()),
            (None, Some(Ok(text))) => Ok(text.as_str()),
            (None, None) => Err("nothing was recorded of it"),
        };
        snapshots.extend(folder.one(&scenario.name, said)?);
    }
    if only.is_none() && !report.scenarios.is_empty() {
        snapshots.extend(folder.left_over()?);
    }
    report.snapshots = snapshots;
    Ok(())
}

struct SnapshotFolder<'r> {
    folder: &'r Path,
    vendor: &'r str,
    keep: Keep,
}

impl SnapshotFolder<'_> {
    fn file(&self, scenario: &str) -> PathBuf {
        self.folder.join(format!("{}__{scenario}.snap", self.vendor))
    }

    fn report(&self, scenario: &str, state: SnapshotState) -> SnapshotReport {
        let file = self.file(scenario).display().to_string();
        SnapshotReport { scenario: scenario.to_owned(), file, state, diff: None, reason: None }
    }

    /// Compares one scenario with its file. `None` for a scenario that was not played and has no file.
    fn one(&self, scenario: &str, said: Result<&str, &str>) -> Result<Option<SnapshotReport>, io::Error> {
        let file = self.file(scenario);
        let text = match said {
            Ok(text) => text,
            Err(_) if !file.exists() => return Ok(None),
            Err(reason) => {
                let reason = Some(reason.to_owned());
                return Ok(Some(SnapshotReport { reason, ..self.report(scenario, SnapshotState::NotCompared) }));
            }
        };
        let kept = read(&file)?;
        let is_same = kept.as_deref().is_some_and(|kept| contents(kept).trim_end() == text.trim_end());
        let state = match (&kept, self.keep) {
            _ if is_same => SnapshotState::Same,
            (_, Keep::Everything) => SnapshotState::Updated,
            (Some(_), _) => SnapshotState::Changed,
            (None, _) => SnapshotState::New,
        };
        self.settle(&file, text, state)?;
        let diff = kept.filter(|_| !is_same).map(|kept| diff(contents(&kept), text));
        Ok(Some(SnapshotReport { diff, ..self.report(scenario, state) }))
    }

    /// Leaves the files as they should be after a comparison.
    fn settle(&self, file: &Path, text: &str, state: SnapshotState) -> Result<(), io::Error> {
        let proposal = file.with_extension("snap.new");
        let scenario = file.file_stem().unwrap_or_default().to_string_lossy();
        let written = format!("---\nsource: standin verify\nexpression: {scenario}\n---\n{text}");
        match (self.keep, state) {
            (Keep::Nothing, _) => Ok(()),
            (Keep::Proposals, SnapshotState::Changed | SnapshotState::New) => {
                named(&proposal, std::fs::write(&proposal, written))
            }
            (_, SnapshotState::Updated) => {
                named(file, std::fs::write(file, written))?;
                remove(&proposal)
            }
            _ => remove(&proposal),
        }
    }

    /// The files of scenarios that do not exist any more.
    fn left_over(&self) -> Result<Vec<SnapshotReport>, io::Error> {
        if !self.folder.exists() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        let prefix = format!("{}__", self.vendor);
        for entry in named(self.folder, std::fs::read_dir(self.folder))? {
            let name = named(self.folder, entry)?.file_name().to_string_lossy().into_owned();
            let scenario = name.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(".snap")).map(str::to_owned);
            names.extend(scenario.filter(|name| !is_known(name)));
        }
        names.sort();
        names.iter().map(|scenario| self.without_scenario(scenario)).collect()
    }

    fn without_scenario(&self, scenario: &str) -> Result<SnapshotReport, io::Error> {
        if self.keep != Keep::Everything {
            return Ok(self.report(scenario, SnapshotState::LeftOver));
        }
        remove(&self.file(scenario))?;
        remove(&self.file(scenario).with_extension("snap.new"))?;
        Ok(self.report(scenario, SnapshotState::Removed))
    }
}

/// Whether there is a scenario of this name, for any kind of subject.
fn is_known(name: &str) -> bool {
    let of_sdks = sdk::SCENARIOS.iter().chain(sdk::APP_SCENARIOS).map(|scenario| scenario.name);
    SCENARIOS.iter().map(|scenario| scenario.name).chain(of_sdks).any(|scenario| scenario == name)
}

/// The text after insta's header; all of it if there is no header.
fn contents(text: &str) -> &str {
    let header = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    header.map_or(text, |(_, contents)| contents)
}

fn diff(kept: &str, said: &str) -> String {
    let diff = TextDiff::from_lines(kept.trim_end(), said.trim_end());
    diff.unified_diff().context_radius(3).missing_newline_hint(false).to_string()
}

fn read(file: &Path) -> Result<Option<String>, io::Error> {
    match std::fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => named(file, read).map(Some),
    }
}

fn remove(file: &Path) -> Result<(), io::Error> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => named(file, removed),
    }
}

/// Adds the file's path to an error.
fn named<T>(file: &Path, result: Result<T, io::Error>) -> Result<T, io::Error> {
    result.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))
}
