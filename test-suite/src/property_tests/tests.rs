//! Properties of every generated case.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::subsequence;
use standin_contracts::contract::{VENDORS, builtin};
use standin_contracts::requirements;

use super::case_runner::CaseRunner;
use super::subject::Subject;
use super::{Case, CaseNames, GeneratorConfig, PlannedBackend};
use crate::driver::Launch;
use crate::reference::{Conforming, varied_config_for};
use crate::run::{BackendUnderTest, Plan};

fn plan() -> (Plan, BackendUnderTest) {
    let vendor = VENDORS[0];
    let contract = builtin(vendor).unwrap().unwrap();
    let backend = BackendUnderTest {
        config: varied_config_for(&contract).unwrap(),
        launch: Launch::Anew(|| Arc::new(Conforming)),
    };
    (Plan::new(Arc::new(contract), Arc::new(requirements::builtin(vendor).unwrap())), backend)
}

fn config() -> GeneratorConfig {
    let (plan, backend) = plan();
    PlannedBackend { plan: &plan, backend: &backend }.config()
}

/// A case, and the same case with some of its steps left out.
fn shortened() -> impl Strategy<Value = (Case, Case)> {
    config().strategy(1).prop_flat_map(|case| {
        let steps = subsequence(case.steps.clone(), 0..=case.steps.len());
        (Just(case), steps.prop_map(|steps| Case { steps }))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_sub_sequence_of_a_case_is_a_case((_, part) in shortened()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (plan, backend) = plan();
        let mut runner = CaseRunner::new(PlannedBackend { plan: &plan, backend: &backend });
        let played = runtime.block_on(runner.play("part", &part)).unwrap();
        runtime.block_on(runner.tear_down());
        prop_assert_eq!(played.halt, None);
    }
}

proptest! {
    #[test]
    fn a_case_is_the_same_once_it_was_written_and_read((case, _) in shortened()) {
        let text = serde_json::to_string(&case).unwrap();
        prop_assert_eq!(serde_json::from_str::<Case>(&text).unwrap(), case);
    }
}

#[test]
fn the_same_seed_gives_the_same_cases_and_another_gives_others() {
    let cases = |seed| (1..50).map(|number| config().case(seed, number).unwrap()).collect::<Vec<_>>();
    assert_eq!(cases(1), cases(1));
    assert_ne!(cases(1), cases(2));
}

#[test]
fn cases_are_told_in_words() {
    let names = CaseNames::of(&plan().1.config);
    let told: Vec<String> = (1..=6)
        .flat_map(|number| {
            let words = names.case(&config().case(1, number).unwrap());
            std::iter::once(format!("case {number}")).chain(words)
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}
