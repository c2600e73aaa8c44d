//! What must be true of every course.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::subsequence;
use standin_contracts::contract::{VENDORS, builtin};
use standin_contracts::requirements;

use super::bench::Bench;
use super::quarry::Quarry;
use super::{Cast, Course, Hunted, Names};
use crate::driver::Launch;
use crate::reference::{Conforming, cast_for};
use crate::run::{BackendUnderTest, Plan};

fn plan() -> (Plan, BackendUnderTest) {
    let vendor = VENDORS[0];
    let contract = builtin(vendor).unwrap().unwrap();
    let backend =
        BackendUnderTest { config: cast_for(&contract).unwrap(), launch: Launch::Anew(|| Arc::new(Conforming)) };
    (Plan::new(Arc::new(contract), Arc::new(requirements::builtin(vendor).unwrap())), backend)
}

fn cast() -> Cast {
    let (plan, backend) = plan();
    Hunted { plan: &plan, backend: &backend }.cast()
}

/// A course, and the same with any of its steps left out.
fn shortened() -> impl Strategy<Value = (Course, Course)> {
    cast().courses(1).prop_flat_map(|course| {
        let steps = subsequence(course.steps.clone(), 0..=course.steps.len());
        (Just(course), steps.prop_map(|steps| Course { steps }))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_sub_sequence_of_a_course_is_a_course((_, part) in shortened()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (plan, backend) = plan();
        let mut bench = Bench::new(Hunted { plan: &plan, backend: &backend });
        let played = runtime.block_on(bench.play("part", &part)).unwrap();
        runtime.block_on(bench.strike());
        prop_assert_eq!(played.halt, None);
    }
}

proptest! {
    #[test]
    fn a_course_is_the_same_once_it_was_written_and_read((course, _) in shortened()) {
        let text = serde_json::to_string(&course).unwrap();
        prop_assert_eq!(serde_json::from_str::<Course>(&text).unwrap(), course);
    }
}

#[test]
fn the_same_seed_gives_the_same_courses_and_another_gives_others() {
    let courses = |seed| (1..50).map(|case| cast().course(seed, case).unwrap()).collect::<Vec<_>>();
    assert_eq!(courses(1), courses(1));
    assert_ne!(courses(1), courses(2));
}

#[test]
fn courses_are_told_in_words() {
    let names = Names::of(&plan().1.config);
    let told: Vec<String> = (1..=6)
        .flat_map(|case| {
            let words = names.course(&cast().course(1, case).unwrap());
            std::iter::once(format!("case {case}")).chain(words)
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}
