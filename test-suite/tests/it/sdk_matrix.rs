//! The kill matrix of SDKs: the verdicts on every SDK known to conform or not, on every vendor.
//!
//! It is published as `docs/kill-matrix-sdk.md`. Every cell is played each time; the page is never trusted.

use std::sync::Arc;

use standin_contracts::history::Subject;
use standin_contracts::rules::{RULES, Verdict};
use standin_test_suite::reference_sdk::{ConformingSdk, SdkBehaviour};
use standin_test_suite::report::VendorReport;
use standin_test_suite::sdk_mutants::{SDK_MUTANTS, SdkMutant};
use standin_test_suite::sdk_variants::{SDK_VARIANTS, SdkVariant};

use crate::profiles::in_parallel;
use crate::sdk::run;
use crate::support::{VENDORS, check_generated, contract, findings, with};

/// The result of one SDK on one vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Cell {
    /// No rule failed.
    Clean,
    /// Its own rule failed, and no other did.
    Killed,
    /// Its rule applies, and no rule failed.
    NotExercised,
    /// Its rule doesn't apply to this vendor, and no other failed; or it doesn't conform there, and wasn't played.
    NotApplicable,
    /// An unexpected result: another rule failed, or the run ended early, with the reason.
    Wrong(String),
}

impl Cell {
    fn word(&self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Killed => "killed",
            Self::NotExercised => "–",
            Self::NotApplicable => "·",
            Self::Wrong(_) => "wrong",
        }
    }
}

/// How often a mutant is played on which no rule fails.
const CHANCES: usize = 3;

/// An SDK's row of the table: its result on each vendor.
type Line<T> = (&'static T, Vec<Cell>);

#[test]
fn every_sdk_mutant_dies_by_its_own_rule_alone_and_every_variant_is_clean_as_published() {
    let mut reference = Vec::new();
    for vendor in VENDORS {
        reference.push(alone(clean("the reference", vendor, Arc::new(ConformingSdk))));
    }
    let conforming = in_parallel(SDK_VARIANTS, |variant| alone(play_variant(variant)));
    let killed = in_parallel(SDK_MUTANTS, |mutant| alone(play_mutant(mutant)));
    let all = conforming.iter().flat_map(|(_, cells)| cells).chain(killed.iter().flat_map(|(_, cells)| cells));
    let wrong: Vec<&Cell> = all.chain(&reference).filter(|cell| matches!(cell, Cell::Wrong(_))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (mutant, cells) in &killed {
        assert!(cells.contains(&Cell::Killed), "{} was killed nowhere", mutant.name);
    }
    check_generated("docs/kill-matrix-sdk.md", &page(&reference, &conforming, &killed));
}

/// Plays on a runtime of its own.
pub(crate) fn alone<T>(playing: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(playing)
}

async fn play_variant(variant: &'static SdkVariant) -> Line<SdkVariant> {
    let mut cells = Vec::new();
    for vendor in VENDORS {
        let fits = (variant.fits)(&contract(vendor));
        cells.push(if fits { clean(variant.name, vendor, (variant.make)()).await } else { Cell::NotApplicable });
    }
    (variant, cells)
}

async fn clean(name: &str, vendor: &str, behaviour: Arc<dyn SdkBehaviour>) -> Cell {
    let report = run(vendor, behaviour).await;
    wrong(name, vendor, &report, None).unwrap_or(Cell::Clean)
}

/// Why a run is wrong: it ended early, or a rule other than `own` failed.
fn wrong(name: &str, vendor: &str, report: &VendorReport, own: Option<&str>) -> Option<Cell> {
    let others: Vec<&str> = with(report, Verdict::Failed).into_iter().filter(|rule| Some(*rule) != own).collect();
    let is_wrong = report.halted.is_some() || !others.is_empty();
    is_wrong.then(|| {
        let (halted, found) = (&report.halted, findings(report));
        Cell::Wrong(format!("{name} on {vendor}: {others:?} {halted:?} {found:#?}"))
    })
}

async fn play_mutant(mutant: &'static SdkMutant) -> Line<SdkMutant> {
    let mut cells = Vec::new();
    for vendor in VENDORS {
        cells.push(surest_fate(mutant, vendor).await);
    }
    (mutant, cells)
}

/// Plays a mutant several times, since some mistakes don't show each time.
async fn surest_fate(mutant: &SdkMutant, vendor: &str) -> Cell {
    let mut cell = fate(mutant, vendor).await;
    for _ in 1..CHANCES {
        if cell != Cell::NotExercised {
            break;
        }
        cell = fate(mutant, vendor).await;
    }
    cell
}

/// One mistake fails one rule, and no other.
async fn fate(mutant: &SdkMutant, vendor: &str) -> Cell {
    let report = run(vendor, (mutant.make)()).await;
    if let Some(wrong) = wrong(mutant.name, vendor, &report, Some(mutant.breaks)) {
        return wrong;
    }
    if with(&report, Verdict::NotApplicable).contains(&mutant.breaks) {
        return Cell::NotApplicable;
    }
    if with(&report, Verdict::Failed).is_empty() { Cell::NotExercised } else { Cell::Killed }
}

fn page(reference: &[Cell], conforming: &[Line<SdkVariant>], killed: &[Line<SdkMutant>]) -> String {
    let vendors = VENDORS.join(" | ");
    let rule = "|---".repeat(VENDORS.len());
    let mut page = format!(
        "# Kill matrix of SDKs\n\n\
         Written by a test, which plays every SDK below against every vendor each time. A *mutant* is the\n\
         reference SDK with one mistake: it is killed if the one rule that it breaks fails and no other does. A *conforming\n\
         variant* is unlike the reference and still right: nothing may be found wrong with it.\n\n\
         A dot: the rule doesn't apply to that vendor, and nothing else was found; or the variant doesn't conform there. A dash: the\n\
         rule applies, and nothing at all was found. Either what the mistake takes is not there (a second kind of data, a report of\n\
         permissions, an id that can be read, a way to sign in without a credential), or it is no mistake there: a vendor that\n\
         knows items again doesn't mind another id of their batch.\n\n\
         {} rules about SDKs, {} mutants, {} conforming variants.\n\n\
         ## Mutants\n\n\
         | rule | mutant | mistake | {vendors} |\n|---|---|---{rule}|\n",
        RULES.iter().filter(|rule| rule.subjects.contains(&Subject::Sdk)).count(),
        SDK_MUTANTS.len(),
        SDK_VARIANTS.len(),
    );
    for each in RULES {
        for (mutant, cells) in killed.iter().filter(|(mutant, _)| mutant.breaks == each.name) {
            page += &format!("| `{}` | {} | {} | {} |\n", each.name, mutant.name, mutant.mistake, words(cells));
        }
    }
    page += &format!("\n## What is right\n\n| SDK | {vendors} |\n|---{rule}|\n| reference | {} |\n", words(reference));
    for (variant, cells) in conforming {
        page += &format!("| {}: {} | {} |\n", variant.name, variant.summary, words(cells));
    }
    page
}

fn words(cells: &[Cell]) -> String {
    cells.iter().map(Cell::word).collect::<Vec<_>>().join(" | ")
}
