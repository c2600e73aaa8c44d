//! The kill matrix: the verdicts on every client backend known to conform or not, on every vendor.
//!
//! One test plays all of it, and compares it with `docs/kill-matrix.md`.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt, stream};
use standin_contracts::history::Subject;
use standin_contracts::rules::{RULES, Verdict};
use standin_test_suite::mutants::{MUTANTS, Mutant};
use standin_test_suite::reference::{Conforming, ObservedBackend};
use standin_test_suite::report::{VendorReport, exit};
use standin_test_suite::run::Plan;
use standin_test_suite::variants::{VARIANTS, Variant};
use tokio::sync::OnceCell;

use crate::support::{VENDORS, check_generated, config, findings, reference_plan, run, with};

/// The result of one client backend on one vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell {
    /// No rule failed.
    Clean,
    /// Its own rule failed, and no other did.
    Killed,
    /// Its rule doesn't apply to this vendor, and no other rule failed.
    NotApplicable,
}

impl Cell {
    fn word(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Killed => "killed",
            Self::NotApplicable => "·",
        }
    }
}

/// A mutant, its result on each vendor, and where its rule found it.
pub(crate) struct MatrixCell {
    pub(crate) mutant: &'static Mutant,
    pub(crate) cells: Vec<Cell>,
    found: Vec<(&'static str, String)>,
}

/// How many client backends are played at once. More than the cores, since each waits for sockets.
const AT_ONCE: usize = 4;

/// Every mutant on every vendor. It is the slowest part of the tests, so it runs once for all of them.
pub(crate) async fn played() -> &'static [MatrixCell] {
    static PLAYED: OnceCell<Vec<MatrixCell>> = OnceCell::const_new();
    PLAYED.get_or_init(|| each_of(MUTANTS, play)).await
}

/// Runs the same work for each item, a few at once, and keeps their order.
pub(crate) async fn each_of<I, T, F: Future<Output = T>>(all: &'static [I], work: fn(&'static I) -> F) -> Vec<T> {
    stream::iter(all).map(work).buffered(AT_ONCE).collect().await
}

async fn play(mutant: &'static Mutant) -> MatrixCell {
    let mut played = MatrixCell { mutant, cells: Vec::new(), found: Vec::new() };
    for vendor in VENDORS {
        let observed = Arc::new(ObservedBackend::new((mutant.make)()));
        let report = run(reference_plan(vendor, observed.clone())).await;
        let cell = fate(mutant, vendor, &report);
        assert!(cell != Cell::Killed || observed.has_fired(), "{} on {vendor}: its fault was seen", mutant.name);
        played.cells.push(cell);
        let findings = report.rules.into_iter().flat_map(|rule| rule.findings);
        played.found.extend(findings.filter_map(|finding| Some((*vendor, finding.scenario?))));
    }
    played
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutant_dies_by_its_own_rule_and_every_variant_is_clean_as_published() {
    let reference = clean("reference", |vendor| reference_plan(vendor, Arc::new(Conforming))).await;
    let mut conforming = vec![("reference".to_owned(), reference)];
    conforming.extend(each_of(VARIANTS, conforming_variant).await);
    let killed = played().await;
    for MatrixCell { mutant, cells, .. } in killed {
        assert!(cells.contains(&Cell::Killed), "{} was killed nowhere", mutant.name);
    }
    check_generated("docs/kill-matrix.md", &page(&conforming, killed));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_line_that_runs_a_finding_again_is_green_once_the_mistake_is_mended() {
    let mut lines = BTreeMap::new();
    for MatrixCell { mutant, found, .. } in played().await {
        assert!(!found.is_empty(), "{} is found in no scenario", mutant.name);
        for (vendor, scenario) in found {
            lines.entry((mutant.breaks, scenario)).or_insert(*vendor);
        }
    }
    for ((rule, scenario), vendor) in lines {
        let mended = Plan {
            scenario: Some(scenario.clone()),
            rule: Some(rule.to_owned()),
            ..reference_plan(vendor, Arc::new(Conforming))
        };
        let report = run(mended).await;
        assert_eq!(report.exit_code(), exit::CLEAN, "{rule} in {scenario} of {vendor}: {:?}", report.rules);
    }
}

async fn conforming_variant(variant: &'static Variant) -> (String, Vec<Cell>) {
    let plan = |vendor: &str| {
        let mut plan = reference_plan(vendor, (variant.make)());
        (variant.adapt)(config(&mut plan));
        plan
    };
    (format!("{}: {}", variant.name, variant.summary), clean(variant.name, plan).await)
}

/// Checks a conforming backend on each vendor: no rule may fail, and every required rule must be exercised.
async fn clean(name: &str, plan: impl Fn(&str) -> Plan) -> Vec<Cell> {
    let mut cells = Vec::new();
    for vendor in VENDORS {
        let report = run(plan(vendor)).await;
        assert_eq!(findings(&report), [] as [String; 0], "{name} on {vendor}");
        assert_eq!(report.exit_code(), exit::CLEAN, "{name} on {vendor}: {:?}", report.summary);
        cells.push(Cell::Clean);
    }
    cells
}

/// One mistake fails one rule, and no other.
fn fate(mutant: &Mutant, vendor: &str, report: &VendorReport) -> Cell {
    if with(report, Verdict::NotApplicable).contains(&mutant.breaks) {
        assert_eq!(findings(report), [] as [String; 0], "{} on {vendor}", mutant.name);
        return Cell::NotApplicable;
    }
    let broken = with(report, Verdict::Failed);
    assert_eq!(broken, [mutant.breaks], "{} on {vendor}: {:#?}", mutant.name, findings(report));
    let rule = report.rules.iter().find(|rule| rule.rule == mutant.breaks).expect("its rule");
    let code = if rule.is_required() { exit::FAILED } else { exit::CLEAN };
    assert_eq!(report.exit_code(), code, "{} on {vendor}: {:?}", mutant.name, report.summary);
    Cell::Killed
}

fn page(conforming: &[(String, Vec<Cell>)], killed: &[MatrixCell]) -> String {
    let vendors = VENDORS.join(" | ");
    let rule = "|---".repeat(VENDORS.len());
    let mut page = format!(
        "# Kill matrix\n\n\
         Generated by the tests, which play every client backend below against every vendor and fail if one of these words is\n\
         not what happens. A *mutant* is the reference backend with one mistake: it is killed if the one rule that it breaks\n\
         fails and no other does. A *conforming variant* is unlike the reference and still right: nothing may be found wrong with\n\
         it. A dot: the rule doesn't apply to that vendor, and nothing else was found.\n\n\
         {} rules about client backends, {} mutants, {} conforming variants.\n\n\
         ## Mutants\n\n\
         | rule | mutant | mistake | {vendors} |\n|---|---|---{rule}|\n",
        RULES.iter().filter(|rule| rule.subjects.contains(&Subject::ClientBackend)).count(),
        MUTANTS.len(),
        VARIANTS.len(),
    );
    for each in RULES {
        for MatrixCell { mutant, cells, .. } in killed.iter().filter(|played| played.mutant.breaks == each.name) {
            page += &format!("| `{}` | {} | {} | {} |\n", each.name, mutant.name, mutant.mistake, words(cells));
        }
    }
    page += &format!("\n## What is right\n\n| client backend | {vendors} |\n|---{rule}|\n");
    for (name, cells) in conforming {
        page += &format!("| {name} | {} |\n", words(cells));
    }
    page
}

fn words(cells: &[Cell]) -> String {
    cells.iter().map(|cell| cell.word()).collect::<Vec<_>>().join(" | ")
}
