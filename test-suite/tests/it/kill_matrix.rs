//! The kill matrix: what the judge makes of every client backend that we know to be right or wrong, on every vendor.
//!
//! It is played whole in one test, and published as `docs/kill-matrix.md`.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt, stream};
use standin_contracts::history::Subject;
use standin_contracts::rules::{RULES, Verdict};
use standin_test_suite::mutants::{MUTANTS, Mutant};
use standin_test_suite::reference::Conforming;
use standin_test_suite::report::{VendorReport, exit};
use standin_test_suite::run::Plan;
use standin_test_suite::variants::{VARIANTS, Variant};
use tokio::sync::OnceCell;

use crate::support::{VENDORS, check_generated, config, findings, reference_plan, run, with};

/// What became of one client backend on one vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    /// Nothing was found wrong with it.
    Clean,
    /// Its own rule found it, and no other did.
    Killed,
    /// Its rule doesn't apply to this vendor, and nothing else was found.
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

/// A mutant, what became of it on each vendor, and where its rule found it.
struct MatrixCell {
    mutant: &'static Mutant,
    cells: Vec<Cell>,
    found: Vec<(&'static str, String)>,
}

/// How many client backends are played at once: more than the cores, since each waits for the others' sockets.
const AT_ONCE: usize = 4;

/// Every mutant on every vendor: the dearest thing that the tests do, done once for all that look at it.
async fn played() -> &'static [MatrixCell] {
    static PLAYED: OnceCell<Vec<MatrixCell>> = OnceCell::const_new();
    PLAYED.get_or_init(|| each_of(MUTANTS, play)).await
}

/// Does the same with each, a few at once, and keeps their order.
pub(crate) async fn each_of<I, T, F: Future<Output = T>>(all: &'static [I], work: fn(&'static I) -> F) -> Vec<T> {
    stream::iter(all).map(work).buffered(AT_ONCE).collect().await
}

async fn play(mutant: &'static Mutant) -> MatrixCell {
    let mut played = MatrixCell { mutant, cells: Vec::new(), found: Vec::new() };
    for vendor in VENDORS {
        let report = run(reference_plan(vendor, (mutant.make)())).await;
        played.cells.push(fate(mutant, vendor, &report));
        let findings = report.rules.into_iter().flat_map(|rule| rule.findings);
        played.found.extend(findings.filter_map(|finding| Some((*vendor, finding.scenario?))));
    }
    played
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutant_dies_by_its_own_rule_and_whatever_conforms_is_clean_as_published() {
    let reference = clean("reference", |vendor| reference_plan(vendor, Arc::new(Conforming))).await;
    let mut lawful = vec![("reference".to_owned(), reference)];
    lawful.extend(each_of(VARIANTS, lawful_variant).await);
    let killed = played().await;
    for MatrixCell { mutant, cells, .. } in killed {
        assert!(cells.contains(&Cell::Killed), "{} was killed nowhere", mutant.name);
    }
    check_generated("docs/kill-matrix.md", &page(&lawful, killed));
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

async fn lawful_variant(variant: &'static Variant) -> (String, Vec<Cell>) {
    let plan = |vendor: &str| {
        let mut plan = reference_plan(vendor, (variant.make)());
        (variant.adapt)(config(&mut plan));
        plan
    };
    (format!("{}: {}", variant.name, variant.summary), clean(variant.name, plan).await)
}

/// What conforms: on each vendor nothing may be found wrong with it, and everything required must be seen.
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

/// One mistake turns one rule red, and no other.
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

fn page(lawful: &[(String, Vec<Cell>)], killed: &[MatrixCell]) -> String {
    let vendors = VENDORS.join(" | ");
    let rule = "|---".repeat(VENDORS.len());
    let mut page = format!(
        "# Kill matrix\n\n\
         Generated by the tests, which play every client backend below against every vendor and fail if one of these words is\n\
         not what happens. A *mutant* is the reference backend with one mistake: it is killed if the one rule that it breaks is\n\
         found broken and no other. A *lawful variant* is unlike the reference and still right: nothing may be found wrong with\n\
         it. A dot: the rule doesn't apply to that vendor, and nothing else was found.\n\n\
         {} rules about client backends, {} mutants, {} lawful variants.\n\n\
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
    for (name, cells) in lawful {
        page += &format!("| {name} | {} |\n", words(cells));
    }
    page
}

fn words(cells: &[Cell]) -> String {
    cells.iter().map(|cell| cell.word()).collect::<Vec<_>>().join(" | ")
}
