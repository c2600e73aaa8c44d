//! Conforming backends: no rule may fail, and the reference must exercise every required one.

use std::sync::Arc;

use standin_contracts::history::{Event, What};
use standin_contracts::protocol::ReplyName;
use standin_contracts::rules::Verdict;
use standin_test_suite::reference::Conforming;
use standin_test_suite::report::exit;

use crate::support::{VENDORS, config, findings, reference_plan, run, with};

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_is_green_on_every_vendor() {
    for vendor in VENDORS {
        let report = run(reference_plan(vendor, Arc::new(Conforming))).await;
        assert_eq!(findings(&report), [] as [String; 0], "{vendor}");
        assert_eq!(with(&report, Verdict::NotExercised), [] as [&str; 0], "{vendor}");
        assert_eq!(with(&report, Verdict::NotTestable), [] as [&str; 0], "{vendor}");
        assert_eq!(report.exit_code(), exit::CLEAN, "{vendor}: {:?}", report.summary);
        assert_eq!(report.without_outcome, [] as [String; 0], "{vendor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_users_sdk_signs_in_on_every_vendor() {
    for vendor in VENDORS {
        let folder = tempfile::tempdir().expect("a folder");
        let mut plan = reference_plan(vendor, Arc::new(Conforming));
        plan.scenario = Some("several-users".to_owned());
        plan.history = Some(folder.path().to_owned());
        let users = config(&mut plan).users.len();
        run(plan).await;
        let bytes = std::fs::read(folder.path().join("default.jsonl")).expect("the history");
        let events = standin_contracts::history::read(&bytes).expect("a history").events;
        let created = |event: &&Event| matches!(&event.event, What::Response(response) if response.reply == Some(ReplyName::UserCreated));
        assert_eq!(events.iter().filter(created).count(), users, "{vendor}");
    }
}
