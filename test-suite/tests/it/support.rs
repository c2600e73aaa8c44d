//! Helpers for several tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use standin_contracts::contract::{Contract, builtin};
use standin_contracts::requirements;
use standin_contracts::rules::Verdict;
use standin_test_suite::driver::{BackendConfig, Launch, VerifyFile};
use standin_test_suite::reference::{BackendBehaviour, config_for};
use standin_test_suite::report::VendorReport;
use standin_test_suite::run::{BackendUnderTest, Plan, SdkUnderTest};
use standin_test_suite::sdk::Sdk;

/// The contracts that the reference is tested on: the shipped ones, and one without any Rust code.
pub(crate) const VENDORS: &[&str] = &["techcentrix", "sentiance", "finbox", "junction"];

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

/// A plan without a subject.
pub(crate) fn plan(vendor: &str) -> Plan {
    let requirements = requirements::builtin(vendor).expect("a requirements file");
    let plan = Plan::new(contract(vendor), Arc::new(requirements));
    Plan { command: format!("standin verify --vendor {vendor}"), ..plan }
}

/// A plan for the reference backend with this behaviour.
pub(crate) fn reference_plan(vendor: &str, behaviour: Arc<dyn BackendBehaviour>) -> Plan {
    backend_plan(vendor, Launch::Reference(behaviour))
}

/// A plan for the reference backend, launched in this way.
pub(crate) fn backend_plan(vendor: &str, launch: Launch) -> Plan {
    let config = config_for(&contract(vendor)).expect("a config");
    Plan { backend: Some(BackendUnderTest { config, launch }), ..plan(vendor) }
}

/// The configuration of the plan's backend.
pub(crate) fn config(plan: &mut Plan) -> &mut BackendConfig {
    &mut plan.backend.as_mut().expect("a backend").config
}

pub(crate) fn sdk_plan(vendor: &str, sdk: Sdk) -> Plan {
    Plan { sdk: Some(SdkUnderTest { name: "an SDK".to_owned(), sdk }), ..plan(vendor) }
}

/// A plan for the subject that a file describes.
pub(crate) fn file_plan(path: &str, change: impl FnOnce(&mut BackendConfig)) -> Plan {
    let path = root().join(path);
    let folder = path.parent().expect("a folder").to_owned();
    let file = VerifyFile::read(&path).expect("a good file");
    let (mock, accepted) = (file.mock.clone(), file.accepted.clone());
    let sdk = file.sdk.clone().map(|table| {
        let (name, sdk) = (table.name.clone(), Sdk::Outside(Box::new(table), folder.clone()));
        SdkUnderTest { name, sdk }
    });
    let mut config = file.backend().expect("a backend");
    change(&mut config);
    let vendor = config.vendor.clone();
    let backend = Some(BackendUnderTest { config, launch: Launch::Outside(folder) });
    Plan { backend, sdk, mock, accepted, ..plan(&vendor) }
}

pub(crate) async fn run(plan: Plan) -> VendorReport {
    plan.run(&|_| {}).await.expect("the run begins")
}

pub(crate) fn with(report: &VendorReport, verdict: Verdict) -> Vec<&str> {
    report.rules.iter().filter(|rule| rule.verdict == verdict).map(|rule| rule.rule.as_str()).collect()
}

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

/// Compares a generated file. `STANDIN_BLESS=1 cargo test` writes it again.
pub(crate) fn check_generated(file: &str, text: &str) {
    let path = root().join(file);
    if std::env::var_os("STANDIN_BLESS").is_some() {
        std::fs::write(&path, text).expect("the file is written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{file} is out of date: run `STANDIN_BLESS=1 cargo test`");
}
