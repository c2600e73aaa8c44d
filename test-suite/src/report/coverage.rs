//! Coverage of a run: what was covered, what was missed, and why.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::contract::Contract;
use standin_contracts::protocol::{CommandName, KeyKind, ReplyName, SdkCommandName};
use standin_mock_server::{Coverage, Fault, InstallStatus, Transition};

use super::VendorReport;
use crate::adapter::About;

/// What an SDK under test covered of its vendor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CoverageReport {
    /// The rules about the subjects under test.
    pub rules: CoverageGroup,
    /// Every reply to every command that SDKs send.
    pub replies: CoverageGroup,
    /// The install statuses at the vendor.
    pub install_statuses: CoverageGroup,
    /// Every fault on every command that SDKs send.
    pub faults: CoverageGroup,
    /// The scenarios of the SDK.
    pub scenarios: CoverageGroup,
    /// The transitions that the vendor's state took. The number of possible ones is unknown.
    pub transitions: Vec<TransitionReport>,
}

/// Items of one kind: those that were covered, and those that were missed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CoverageGroup {
    /// The covered items, with how often each was.
    pub covered: Vec<CoveredItem>,
    /// The missed items, with the reason for each.
    pub missed: Vec<Missed>,
}

/// An item that was covered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CoveredItem {
    /// The name of the item.
    pub what: String,
    /// How often it was covered.
    pub times: u64,
}

/// An item that was not covered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Missed {
    /// The name of the item.
    pub what: String,
    /// The reason.
    pub why: Why,
    /// The reason in words.
    pub words: String,
}

/// Why an item was not covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The adapter lacks the capability for it.
    Capability,
    /// More cases or other flags may cover it.
    Budget,
    /// No SDK that keeps to the contract gets there.
    Unreachable,
}

/// A transition of the vendor's state, with how often it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TransitionReport {
    /// The transition of the state.
    pub transition: Transition,
    /// How often it was taken.
    pub times: u64,
}

/// The data of a run that coverage is computed from.
#[derive(Debug, Clone)]
pub struct CoverageData {
    /// What was covered of the vendor.
    pub coverage: Coverage,
    /// The adapter's description of the SDK.
    pub about: About,
}

impl CoverageGroup {
    /// The number of items that this adapter can cover.
    pub fn most(&self) -> usize {
        self.covered.len() + self.missed.iter().filter(|one| one.why == Why::Budget).count()
    }

    fn add(&mut self, what: String, times: u64, why: impl FnOnce() -> (Why, String)) {
        if times > 0 {
            self.covered.push(CoveredItem { what, times });
        } else {
            let (why, words) = why();
            self.missed.push(Missed { what, why, words });
        }
    }
}

impl CoverageReport {
    /// The coverage of a run against this vendor.
    pub(crate) fn of(contract: &Contract, coverage_data: &CoverageData, report: &VendorReport) -> Self {
        let CoverageData { coverage, about } = coverage_data;
        let commands = commands_of_sdks(contract);
        Self {
            rules: rules(report),
            replies: replies(contract, &commands, coverage, about),
            install_statuses: install_statuses(contract, coverage),
            faults: faults(&commands, coverage, about),
            scenarios: scenarios(report),
            transitions: coverage
                .transitions
                .iter()
                .filter(|(transition, _)| commands.contains(&transition.command))
                .map(told)
                .collect(),
        }
    }

    /// Its groups, by name.
    pub fn parts(&self) -> [(&'static str, &CoverageGroup); 5] {
        [
            ("rules", &self.rules),
            ("replies", &self.replies),
            ("install statuses", &self.install_statuses),
            ("faults", &self.faults),
            ("scenarios", &self.scenarios),
        ]
    }
}

fn told((transition, times): (&Transition, &u64)) -> TransitionReport {
    TransitionReport { transition: *transition, times: *times }
}

/// The commands that SDKs send, in the contract's order.
fn commands_of_sdks(contract: &Contract) -> Vec<CommandName> {
    let mut commands: Vec<CommandName> = Vec::new();
    for operation in &contract.operations {
        let is_of_sdks = !operation.asks_for(KeyKind::Server, &contract.schemes) && !operation.command.is_webhook();
        if is_of_sdks && !commands.contains(&operation.command) {
            commands.push(operation.command);
        }
    }
    commands
}

fn rules(report: &VendorReport) -> CoverageGroup {
    let mut group = CoverageGroup::default();
    for rule in &report.rules {
        use standin_contracts::rules::Verdict as V;
        let times = rule.exercised + rule.in_cases;
        let reason = rule.reason.clone().unwrap_or_else(|| "it was not exercised".to_owned());
        match rule.verdict {
            V::NotApplicable => {}
            V::NotTestable => group.add(rule.rule.clone(), times, || (Why::Capability, reason)),
            _ => group.add(rule.rule.clone(), times, || (Why::Budget, reason)),
        }
    }
    group
}

fn replies(contract: &Contract, commands: &[CommandName], coverage: &Coverage, about: &About) -> CoverageGroup {
    let mut group = CoverageGroup::default();
    for command in commands {
        let cases = contract.operations.iter().filter(|one| one.command == *command).flat_map(|one| &one.responses);
        let names: BTreeSet<ReplyName> = cases.flat_map(|case| case.replies.iter().copied()).collect();
        for name in names {
            let times = coverage.replies.get(&(*command, name)).copied().unwrap_or_default();
            group.add(format!("{command} {name}"), times, || {
                unheard(contract, name).or_else(|| unasked(*command, about)).unwrap_or_else(budget)
            });
        }
    }
    group
}

fn budget() -> (Why, String) {
    (Why::Budget, "nothing that was played led there".to_owned())
}

/// Why an SDK that keeps to the contract never gets this reply; `None` if it may.
fn unheard(contract: &Contract, name: ReplyName) -> Option<(Why, String)> {
    use ReplyName as R;
    let why = match name {
        R::KeyMissing | R::KeyUnknown | R::KeyOfOtherApp | R::KeyLacksScope => "it sends the key that it was given",
        R::SessionMissing | R::SessionUnknown => "it sends sessions that it was given",
        R::CredentialExpired | R::CredentialSpent | R::CredentialUnknown
            if !contract.has(CommandName::IssueCredential) =>
        {
            "the vendor issues no credentials"
        }
        R::CredentialUnknown => "it sends credentials that it was given",
        R::Malformed | R::UnsupportedMedia | R::TooLarge | R::ProofWrong => "it keeps to the contract",
        _ => return None,
    };
    Some((Why::Unreachable, why.to_owned()))
}

/// Why this adapter's SDK never sends this command; `None` if it may.
fn unasked(command: CommandName, about: &About) -> Option<(Why, String)> {
    let command = match command {
        CommandName::SubmitBatch => SdkCommandName::Record,
        CommandName::ReportPermissions => SdkCommandName::Grant,
        CommandName::RegisterPush => SdkCommandName::PushToken,
        CommandName::EndSession => SdkCommandName::Reset,
        CommandName::EraseUser => SdkCommandName::Forget,
        CommandName::RefreshSession => SdkCommandName::Advance,
        _ => return None,
    };
    let has = about.capabilities.iter().any(|name| name == command.as_str());
    (!has).then(|| (Why::Capability, format!("the adapter has no `{command}`")))
}

fn install_statuses(contract: &Contract, coverage: &Coverage) -> CoverageGroup {
    use InstallStatus as S;
    let all = [S::Active, S::Idle, S::Expired, S::Ended, S::Deactivated, S::Disabled, S::Erased];
    let mut group = CoverageGroup::default();
    for install_status in all {
        let transitions = coverage
            .transitions
            .iter()
            .filter(|(transition, _)| transition.from == install_status || transition.to == install_status);
        group.add(word(install_status), transitions.map(|(_, times)| *times).sum(), || {
            let one_device =
                contract.facts.user.active_devices.value != standin_contracts::protocol::ActiveDevices::Many;
            match install_status {
                S::Idle | S::Deactivated if !one_device => {
                    (Why::Unreachable, "the vendor takes data from every device of a user".to_owned())
                }
                _ => budget(),
            }
        });
    }
    group
}

/// The name in files and reports.
fn word(install_status: InstallStatus) -> String {
    serde_json::to_value(install_status).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

fn faults(commands: &[CommandName], coverage: &Coverage, about: &About) -> CoverageGroup {
    let mut group = CoverageGroup::default();
    for command in commands {
        for kind in Fault::KINDS {
            // Only client backends read results back.
            if *kind == "pending" {
                continue;
            }
            let times = coverage.faults.get(&(*command, *kind)).copied().unwrap_or_default();
            group.add(format!("{kind} on {command}"), times, || unasked(*command, about).unwrap_or_else(budget));
        }
    }
    group
}

fn scenarios(report: &VendorReport) -> CoverageGroup {
    let mut group = CoverageGroup::default();
    for scenario in &report.scenarios {
        let times = u64::from(scenario.skipped.is_none());
        group.add(scenario.name.clone(), times, || {
            let why = scenario.skipped.clone().unwrap_or_default();
            let is_lack = why.starts_with("the adapter has no") || why.starts_with("the vendor has no");
            (if is_lack { Why::Capability } else { Why::Budget }, why)
        });
    }
    group
}
