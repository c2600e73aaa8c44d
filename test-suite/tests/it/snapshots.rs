//! The reference's reviewed traffic in each scenario against each vendor. A change of the mock, the reference or a
//! scenario shows here.

use std::sync::Arc;

use standin_test_suite::reference::Conforming;

use crate::support::{VENDORS, reference_plan, root, run};

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_says_the_same_on_every_vendor() {
    let mut names = Vec::new();
    for vendor in VENDORS {
        let mut plan = reference_plan(vendor, Arc::new(Conforming));
        plan.snapshots = true;
        let report = run(plan).await;
        for scenario in report.scenarios.iter().filter(|scenario| scenario.skipped.is_none()) {
            let said = report.transcripts.iter().find(|transcript| transcript.scenario == scenario.name);
            let text = said.expect("a transcript").text.clone().expect("a whole one");
            let name = format!("{vendor}__{}", scenario.name);
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(name.as_str(), text);
            });
            names.push(name + ".snap");
        }
    }
    names.sort();
    assert_eq!(kept(), names, "files of scenarios or vendors that are no more are to be removed");
}

/// The snapshots in the folder that belong to a vendor's scenario.
fn kept() -> Vec<String> {
    let folder = root().join("test-suite/tests/it/snapshots");
    let entries = std::fs::read_dir(folder).expect("the folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let mut names: Vec<String> =
        names.filter(|name| !name.starts_with("it__") && name.strip_suffix(".snap").is_some()).collect();
    names.sort();
    names
}
