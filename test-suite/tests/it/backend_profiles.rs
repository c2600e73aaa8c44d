//! The matrix of mutants and capability profiles of client backends: no rule passes where the fault of its mutant showed
//! itself, and a rule that could not see the fault says what it didn't see.
//!
//! It is published as `docs/profile-matrix-backend.md`.

use std::sync::Arc;

use standin_contracts::rules::Verdict;
use standin_test_suite::driver::{BackendConfig, CallTable, Launch};
use standin_test_suite::mutants::{MUTANTS, Mutant};
use standin_test_suite::reference::{BackendBehaviour, Conforming, ObservedBackend, config_for};
use standin_test_suite::run::Plan;

use crate::kill_matrix::{self, each_of};
use crate::profiles::{Cell, sums, word};
use crate::support::{self, VENDORS, backend_plan, check_generated, config, findings, run, with};

/// What the file of a client backend gives beside the least.
struct Profile {
    name: &'static str,
    /// Takes from the full file what this one lacks.
    strip: fn(&mut BackendConfig),
    restarts: bool,
}

/// All profiles but the full one, which the kill matrix plays.
const PROFILES: &[Profile] = &[
    Profile { name: "no `sign_up`", strip: |config| config.calls.sign_up = None, restarts: true },
    Profile { name: "no `erase`", strip: |config| config.calls.erase = None, restarts: true },
    Profile { name: "no `json`", strip: without_bodies, restarts: true },
    Profile { name: "no restart", strip: |_| {}, restarts: false },
];

/// Nobody can sign up without a body: it holds the id.
fn without_bodies(config: &mut BackendConfig) {
    let calls = &mut config.calls;
    calls.sign_up = None;
    let others = [&mut calls.credential, &mut calls.read_back, &mut calls.sdk_id, &mut calls.erase];
    others.into_iter().flatten().for_each(|call: &mut CallTable| call.json = None);
}

impl Profile {
    fn plan(&self, vendor: &str, behaviour: Arc<dyn BackendBehaviour>) -> Plan {
        let launch = if self.restarts { Launch::Reference } else { Launch::Running };
        let mut plan = backend_plan(vendor, launch(behaviour));
        (self.strip)(config(&mut plan));
        plan
    }

    /// Whether the vendor's full file has nothing that this one lacks.
    fn is_full(&self, vendor: &str) -> bool {
        let full = config_for(&support::contract(vendor)).expect("a config");
        let mut stripped = full.clone();
        (self.strip)(&mut stripped);
        self.restarts && format!("{full:?}") == format!("{stripped:?}")
    }
}

/// A mutant's cells: for the full profile and each other one, a cell for each vendor.
struct MutantCells {
    mutant: &'static Mutant,
    cells: Vec<Vec<Cell>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn no_rule_of_a_backend_passes_where_the_fault_of_its_mutant_showed_itself() {
    let rows = played().await;
    let mut wrong = Vec::new();
    for MutantCells { mutant, cells } in &rows {
        for (profile, cells) in PROFILES.iter().zip(&cells[1..]) {
            for (vendor, cell) in VENDORS.iter().zip(cells) {
                if *cell == Cell::Passed || *cell == Cell::Dormant(Some(Vec::new())) {
                    wrong.push(format!("{} of {} on {vendor}, {}: {cell:?}", mutant.name, mutant.breaks, profile.name));
                }
            }
        }
    }
    assert_eq!(wrong, [] as [String; 0]);
    let mut all = rows.iter().flat_map(|row| row.cells.iter().flatten());
    assert!(all.any(|cell| matches!(cell, Cell::Dormant(_))), "some profiles hide some faults");
    check_generated("docs/profile-matrix-backend.md", &page(&rows));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_smaller_file_a_conforming_backend_is_still_found_to_conform() {
    each_of(PROFILES, |profile| async move {
        for vendor in VENDORS {
            let report = run(profile.plan(vendor, Arc::new(Conforming))).await;
            assert_eq!(findings(&report), [] as [String; 0], "{vendor}, {}", profile.name);
            assert_eq!(report.halted, None, "{vendor}, {}", profile.name);
        }
    })
    .await;
}

async fn played() -> Vec<MutantCells> {
    each_of(MUTANTS, row).await
}

async fn row(mutant: &'static Mutant) -> MutantCells {
    let played = kill_matrix::played().await.iter().find(|played| played.mutant.name == mutant.name);
    let full: Vec<Cell> = played.expect("it is played").cells.iter().copied().map(of_full).collect();
    let mut cells = vec![full.clone()];
    for profile in PROFILES {
        let mut row = Vec::new();
        for (vendor, full) in VENDORS.iter().zip(&full) {
            // Whether a rule applies is told by the contract and its requirements, and not by what a file gives.
            let is_known = *full == Cell::NotApplicable || profile.is_full(vendor);
            row.push(if is_known { full.clone() } else { play(mutant, vendor, profile).await });
        }
        cells.push(row);
    }
    MutantCells { mutant, cells }
}

/// The kill matrix has made sure that the fault showed itself wherever the mutant was killed.
fn of_full(cell: kill_matrix::Cell) -> Cell {
    match cell {
        kill_matrix::Cell::Killed => Cell::Caught,
        kill_matrix::Cell::Clean | kill_matrix::Cell::NotApplicable => Cell::NotApplicable,
    }
}

async fn play(mutant: &Mutant, vendor: &str, profile: &Profile) -> Cell {
    let name = || format!("{} on {vendor}, {}", mutant.name, profile.name);
    let observed = Arc::new(ObservedBackend::new((mutant.make)()));
    let mut report = run(profile.plan(vendor, observed.clone())).await;
    assert_eq!(report.halted, None, "{}", name());
    let others: Vec<&str> = with(&report, Verdict::Failed).into_iter().filter(|rule| *rule != mutant.breaks).collect();
    assert_eq!(others, [] as [&str; 0], "{}: {:#?}", name(), findings(&report));
    let place = report.rules.iter().position(|rule| rule.rule == mutant.breaks).expect("its rule");
    let rule = report.rules.swap_remove(place);
    match (observed.has_fired(), rule.verdict) {
        (_, Verdict::NotApplicable) => panic!("{}: the rule applied with a full file", name()),
        (true, Verdict::Failed) => Cell::Caught,
        (true, Verdict::Passed) => Cell::Passed,
        (true, Verdict::NotExercised | Verdict::NotTestable) => Cell::NotPassed,
        (false, Verdict::Failed) => panic!("{}: the rule failed, and the fault did not show itself", name()),
        (false, Verdict::Passed) => Cell::Dormant(Some(rule.not_seen)),
        (false, Verdict::NotExercised | Verdict::NotTestable) => Cell::Dormant(None),
    }
}

fn page(rows: &[MutantCells]) -> String {
    let cells: Vec<&Cell> = rows.iter().flat_map(|row| row.cells.iter().flatten()).collect();
    let names: Vec<&str> = std::iter::once("full").chain(PROFILES.iter().map(|profile| profile.name)).collect();
    let mut page = format!(
        "# Profile matrix of client backends\n\n\
         Written by a test, which plays every mutant of the reference backend at every vendor, as described by files that give\n\
         less and less: no `[calls.sign_up]`, no `[calls.erase]`, no call with `json`, and no `start`, so that the backend can't\n\
         be restarted. A mutant's *fault showed itself* when it decided or did other than the conforming backend would have. The\n\
         law: where the fault showed itself, the rule that the mutant breaks never passes; and where a smaller file hid the fault\n\
         and the rule passed all the same, its line in the report says what it did not see. No other rule ever fails.\n\n\
         {}\n\
         | rule | mutant | {} |\n|---|---{}|\n",
        sums(&cells),
        names.join(" | "),
        "|---".repeat(names.len()),
    );
    let mut sorted: Vec<&MutantCells> = rows.iter().collect();
    sorted.sort_by_key(|row| (row.mutant.breaks, row.mutant.name));
    for row in sorted {
        let cells: Vec<String> = row.cells.iter().map(|cells| word(cells)).collect();
        page += &format!("| `{}` | {} | {} |\n", row.mutant.breaks, row.mutant.name, cells.join(" | "));
    }
    page
}
