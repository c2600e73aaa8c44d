//! Runs that neither pass nor fail: subjects that can't start, end early, or exercise too little.

use std::sync::Arc;

use standin_contracts::rules::Verdict;
use standin_test_suite::driver::OutcomePlace;
use standin_test_suite::reference::Conforming;
use standin_test_suite::report::exit;

use crate::support::{config, file_plan, reference_plan, run, with};

#[tokio::test(flavor = "multi_thread")]
async fn a_required_rule_that_was_not_exercised_is_red() {
    let mut plan = reference_plan("sentiance", Arc::new(Conforming));
    plan.scenario = Some("several-users".to_owned());
    let report = run(plan).await;
    assert!(with(&report, Verdict::NotExercised).contains(&"credential/without-app-login"));
    assert_eq!(report.exit_code(), exit::NOT_EXERCISED);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_accepted_with_a_reason_is_counted_apart() {
    let mut plan = reference_plan("sentiance", Arc::new(Conforming));
    plan.scenario = Some("key-refused".to_owned());
    plan.rule = Some("credential/shared".to_owned());
    plan.accepted.insert("credential/shared".to_owned(), "no credential in this scenario".to_owned());
    let report = run(plan).await;
    assert_eq!((report.summary.accepted, report.summary.passed), (1, 0));
    assert_eq!(report.exit_code(), exit::CLEAN);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_that_is_not_needed_is_red() {
    let mut plan = reference_plan("sentiance", Arc::new(Conforming));
    plan.accepted.insert("credential/shared".to_owned(), "it once could not be exercised".to_owned());
    assert_eq!(run(plan).await.exit_code(), exit::STALE);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_a_slow_run_sees_is_no_stale_excuse_in_one() {
    for (slow, code) in [(true, exit::CLEAN), (false, exit::STALE)] {
        let mut plan = reference_plan("finbox", Arc::new(Conforming));
        plan.slow = slow;
        plan.accepted.insert("readback/polled-too-often".to_owned(), "it takes minutes".to_owned());
        assert_eq!(run(plan).await.exit_code(), code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_does_not_exist_is_named() {
    let plan = file_plan("examples/python/sentiance.toml", |config| {
        config.subject.start = vec!["no-such-program-anywhere".to_owned()];
    });
    let report = run(plan).await;
    assert_eq!(report.exit_code(), exit::SUBJECT);
    assert!(report.halted.expect("a reason").contains("no-such-program-anywhere"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_words_of_a_subject_that_dies_are_shown() {
    let plan = file_plan("examples/python/sentiance.toml", |config| {
        config.subject.start = ["sh", "-c", "echo the database is missing, my key is $VENDOR_SERVER_KEY >&2; exit 7"]
            .map(str::to_owned)
            .to_vec();
    });
    let report = run(plan).await;
    assert_eq!(report.exit_code(), exit::SUBJECT);
    let halted = report.halted.expect("a reason");
    assert!(halted.contains("exit status: 7") && halted.contains("the database is missing"), "{halted}");
    assert!(halted.contains("my key is server_key#1"), "secrets are marked there too: {halted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_that_never_gets_ready_has_its_time_and_no_more() {
    let plan = file_plan("examples/python/sentiance.toml", |config| {
        config.subject.start = ["tail", "-f", "/dev/null"].map(str::to_owned).to_vec();
        config.subject.ready_within = "200ms".parse().expect("a length of time");
    });
    let report = run(plan).await;
    assert_eq!(report.exit_code(), exit::SUBJECT);
    assert!(report.halted.expect("a reason").contains("not ready within 200ms"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_that_should_be_running_and_is_not_is_unreachable() {
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|port| port.local_addr()).expect("a port");
    let plan = file_plan("examples/python/sentiance.toml", |config| {
        config.subject.start.clear();
        config.subject.url = format!("http://{free}");
        config.subject.ready_within = "200ms".parse().expect("a length of time");
    });
    let report = run(plan).await;
    assert_eq!(report.exit_code(), exit::SUBJECT);
    assert!(report.halted.expect("a reason").contains(&free.to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn output_without_end_or_lines_does_no_harm() {
    let plan = file_plan("examples/python/sentiance.toml", |config| {
        config.subject.start = ["cat", "/dev/zero"].map(str::to_owned).to_vec();
        config.subject.ready_within = "200ms".parse().expect("a length of time");
    });
    let halted = run(plan).await.halted.expect("a reason");
    assert!(halted.len() < 10_000, "{} bytes", halted.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_is_never_found_is_red() {
    let mut plan = reference_plan("sentiance", Arc::new(Conforming));
    if let Some(call) = &mut config(&mut plan).calls.credential {
        call.outcome = OutcomePlace::At("/nowhere".to_owned());
    }
    let report = run(plan).await;
    assert!(report.without_outcome[0].contains("expected it at `/nowhere`"), "{:?}", report.without_outcome);
    assert_eq!(report.exit_code(), exit::NOT_EXERCISED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_that_never_answers_ends_the_run_at_its_first_silence() {
    let deaf = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = deaf.local_addr().expect("its address");
    let plan = file_plan("examples/python/sentiance.toml", |config| {
        config.subject.start.clear();
        config.subject.ready = None;
        config.subject.url = format!("http://{address}");
        config.subject.answers_within = "200ms".parse().expect("a length of time");
    });
    let report = run(plan).await;
    assert_eq!(report.exit_code(), exit::SUBJECT);
    assert!(report.halted.expect("a reason").contains("alice's app and did not answer within 200ms"));
}
