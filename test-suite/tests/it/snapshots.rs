//! What the reference says in each journey against each vendor, as it was reviewed: a change of the mock, the reference or a
//! journey shows here.

use std::sync::Arc;

use standin_test_suite::reference::Conforming;

use crate::support::{VENDORS, reference_plan, run};

#[tokio::test(flavor = "multi_thread")]
async fn every_journey_says_the_same_on_every_vendor() {
    for vendor in VENDORS {
        let mut plan = reference_plan(vendor, Arc::new(Conforming));
        plan.snapshots = true;
        let report = run(plan).await;
        for journey in report.journeys.iter().filter(|journey| journey.skipped.is_none()) {
            let said = report.transcripts.iter().find(|transcript| transcript.journey == journey.name);
            let text = said.expect("a transcript").text.clone().expect("a whole one");
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(format!("{vendor}__{}", journey.name), text);
            });
        }
    }
}
