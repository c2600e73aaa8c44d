//! What several tests need.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use standin_contracts::contract::{Contract, builtin};
use standin_contracts::ledger;
use standin_contracts::rules::Verdict;
use standin_test_suite::driver::{BackendConfig, Launch, VerifyFile};
use standin_test_suite::reference::{Conduct, config_for};
use standin_test_suite::report::VendorReport;
use standin_test_suite::run::Plan;
use standin_test_suite::stateful::HuntPlan;

/// The contracts that the reference is tried on: those that ship, and one that needs no Rust.
pub(crate) const VENDORS: &[&str] = &["techcentrix", "sentiance", "finbox", "junction"];

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A vendor's contract: a shipped one, or a fixture.
pub(crate) fn contract(vendor: &str) -> Arc<Contract> {
    let loaded = builtin(vendor).unwrap_or_else(|| {
        let path = root().join(format!("fixtures/contracts/{vendor}.yaml"));
        let text = std::fs::read_to_string(path).expect("the fixture");
        Contract::load("fixture", &text)
    });
    Arc::new(loaded.expect("a good contract"))
}

/// A plan for the reference backend with this conduct.
pub(crate) fn reference_plan(vendor: &str, conduct: Arc<dyn Conduct>) -> Plan {
    let contract = contract(vendor);
    let config = config_for(&contract).expect("a config");
    plan(contract, config, Launch::Reference(conduct))
}

/// A plan for a backend that a file describes.
pub(crate) fn file_plan(path: &str, change: impl FnOnce(&mut BackendConfig)) -> Plan {
    let path = root().join(path);
    let mut config = VerifyFile::read(&path).expect("a good file").backend().expect("a backend");
    change(&mut config);
    let folder = path.parent().expect("a folder").to_owned();
    plan(contract(&config.vendor), config, Launch::Outside(folder))
}

fn plan(contract: Arc<Contract>, config: BackendConfig, launch: Launch) -> Plan {
    Plan {
        ledger: Arc::new(ledger::builtin(&contract.vendor).expect("a ledger")),
        command: format!("standin verify --vendor {}", contract.vendor),
        contract,
        config,
        launch,
        set: BTreeMap::new(),
        seed: 1,
        slow: false,
        journey: None,
        snapshots: false,
        rule: None,
        history: None,
        hunt: HuntPlan::default(),
    }
}

/// Runs a plan.
pub(crate) async fn run(plan: Plan) -> VendorReport {
    plan.run(&|_| {}).await.expect("the run begins")
}

/// The rules with this verdict.
pub(crate) fn with(report: &VendorReport, verdict: Verdict) -> Vec<&str> {
    report.rules.iter().filter(|rule| rule.verdict == verdict).map(|rule| rule.rule.as_str()).collect()
}

/// What was found, for messages.
pub(crate) fn findings(report: &VendorReport) -> Vec<String> {
    let each = |rule: &standin_test_suite::report::RuleReport| {
        let name = rule.rule.clone();
        rule.findings
            .iter()
            .map(move |finding| format!("{name}: {} {:#?}", finding.message, finding.steps))
            .collect::<Vec<_>>()
    };
    report.rules.iter().flat_map(each).collect()
}

/// Compares a file that is made from the code; `STANDIN_BLESS=1 cargo test` writes it anew.
pub(crate) fn check_generated(file: &str, text: &str) {
    let path = root().join(file);
    if std::env::var_os("STANDIN_BLESS").is_some() {
        std::fs::write(&path, text).expect("the file is written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{file} is out of date: run `STANDIN_BLESS=1 cargo test`");
}
