//! The matrix of mutants and capability profiles: no rule passes where the fault of its mutant showed itself, and a rule
//! that could not see the fault says what it didn't see.
//!
//! It is published as `docs/profile-matrix.md`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use standin_contracts::contract::Contract;
use standin_contracts::protocol::{CommandName, MintPolicy};
use standin_contracts::rules::Verdict;
use standin_test_suite::reference_sdk::{ConformingSdk, Observed, SdkBehaviour};
use standin_test_suite::run::Plan;
use standin_test_suite::sdk::SCENARIOS;
use standin_test_suite::sdk::cases::{SdkCaseRunner, quiet_runtime};
use standin_test_suite::sdk_mutants::{SDK_MUTANTS, SdkMutant};

use crate::support::{self, VENDORS, check_generated};

/// The capabilities of an adapter.
struct Profile {
    name: &'static str,
    offers: fn(&str) -> bool,
}

const PROFILES: &[Profile] = &[
    Profile { name: "full", offers: |_| true },
    Profile { name: "no `advance`", offers: |name| name != "advance" },
    Profile { name: "no `network`", offers: |name| name != "network" },
    Profile { name: "no `storage:clone`", offers: |name| name != "storage:clone" },
    Profile { name: "no `device_clock`", offers: |name| name != "device_clock" },
    Profile { name: "core only", offers: |_| false },
];

/// A deed that is no mistake at some vendors.
struct Harmless {
    mutant: &'static str,
    at: &'static str,
    holds_for: fn(&Contract) -> bool,
}

const HARMLESS: &[Harmless] = &[
    Harmless {
        mutant: "batch-anew",
        at: "a vendor that knows each item again",
        holds_for: |contract| contract.facts.list().any(|(name, value, _)| name == "sync.dedupe" && value != "batch"),
    },
    Harmless {
        mutant: "breaks-body",
        at: "a vendor that takes a report of permissions with any content type",
        holds_for: |contract| contract.vendor == "finbox",
    },
    Harmless {
        mutant: "signed-in-too-early",
        at: "a vendor whose apps sign their user in at each start, whatever is stored",
        holds_for: |contract| {
            !contract.has(CommandName::IssueCredential) || contract.facts.credential.mint.value == MintPolicy::EachStart
        },
    },
    Harmless {
        mutant: "erases-at-reset",
        at: "a vendor that lets no SDK erase a user",
        holds_for: |contract| contract.vendor == "junction",
    },
];

/// What became of one mutant's rule, at one vendor and with one profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// The fault showed itself, and the rule failed.
    Caught,
    /// The fault showed itself, and the rule was not exercised, or is not testable.
    NotPassed,
    /// The fault did not show itself. What the rule's line says that it didn't see, if the rule passed.
    Dormant(Option<Vec<String>>),
    /// The rule or the mistake doesn't apply to the vendor.
    NotApplicable,
    /// The fault showed itself, and the rule passed: a false green.
    Passed,
}

/// A mutant's cells: for each profile, one for each vendor.
struct MutantCells {
    mutant: &'static SdkMutant,
    cells: Vec<Vec<Cell>>,
}

#[test]
fn no_rule_passes_where_the_fault_of_its_mutant_showed_itself() {
    let rows = played();
    let all = || rows.iter().flat_map(|row| row.cells.iter().flatten());
    let mut wrong = Vec::new();
    for MutantCells { mutant, cells } in &rows {
        for (profile, cells) in PROFILES.iter().zip(cells) {
            for (vendor, (cell, full)) in VENDORS.iter().zip(cells.iter().zip(&rows_of_full(&rows, mutant))) {
                let says_nothing = matches!(cell, Cell::Dormant(Some(unseen)) if unseen.is_empty());
                if *cell == Cell::Passed || says_nothing && *full == Cell::Caught {
                    wrong.push(format!("{} of {} on {vendor}, {}: {cell:?}", mutant.name, mutant.breaks, profile.name));
                }
            }
        }
    }
    assert_eq!(wrong, [] as [String; 0]);
    assert!(all().any(|cell| matches!(cell, Cell::Dormant(_))), "some profiles hide some faults");
    check_generated("docs/profile-matrix.md", &page(&rows));
}

fn rows_of_full(rows: &[MutantCells], mutant: &SdkMutant) -> Vec<Cell> {
    rows.iter().find(|row| row.mutant.name == mutant.name).map(|row| row.cells[0].clone()).unwrap_or_default()
}

/// The reference SDK stays clean with every profile.
#[test]
fn with_fewer_capabilities_a_conforming_sdk_is_still_found_to_conform() {
    for profile in PROFILES {
        for vendor in VENDORS {
            for (rule, verdicts) in verdicts(vendor, Arc::new(ConformingSdk), profile).1 {
                assert!(!verdicts.failed, "{rule} on {vendor}, {}", profile.name);
            }
        }
    }
}

/// The verdicts on a rule in all scenarios, each of which was judged alone.
#[derive(Debug, Default)]
struct Verdicts {
    failed: bool,
    passed: bool,
    not_seen: Vec<String>,
}

/// Plays all scenarios. Returns whether a decision was other than conforming, and the verdicts.
fn verdicts(vendor: &str, behaviour: Arc<dyn SdkBehaviour>, profile: &Profile) -> (bool, BTreeMap<String, Verdicts>) {
    let runtime = quiet_runtime().expect("a runtime");
    let observed = Arc::new(Observed::new(behaviour, profile.offers));
    let Plan { contract, requirements, .. } = support::plan(vendor);
    let runner = SdkCaseRunner::of_reference(contract, requirements, observed.clone(), 7);
    let mut verdicts: BTreeMap<String, Verdicts> = BTreeMap::new();
    for scenario in SCENARIOS {
        let seen = runtime.block_on(runner.scenario(scenario, None)).expect("it is played");
        for judgement in seen.into_iter().flat_map(|seen| seen.judged) {
            if judgement.verdict == Verdict::NotApplicable {
                continue;
            }
            let known = verdicts.entry(judgement.rule).or_default();
            known.failed |= judgement.verdict == Verdict::Failed;
            known.passed |= judgement.verdict == Verdict::Passed;
            known.not_seen.extend(judgement.not_seen);
        }
    }
    (observed.has_fired(), verdicts)
}

fn played() -> Vec<MutantCells> {
    let play = |mutant: &'static SdkMutant| {
        let profile = |profile| VENDORS.iter().map(|vendor| cell(mutant, vendor, profile)).collect();
        MutantCells { mutant, cells: PROFILES.iter().map(profile).collect() }
    };
    in_parallel(SDK_MUTANTS, play)
}

fn cell(mutant: &SdkMutant, vendor: &str, profile: &Profile) -> Cell {
    let harmless = HARMLESS.iter().find(|known| known.mutant == mutant.name);
    if harmless.is_some_and(|known| (known.holds_for)(&support::contract(vendor))) {
        return Cell::NotApplicable;
    }
    let (has_fired, mut verdicts) = verdicts(vendor, (mutant.make)(), profile);
    let Some(verdict) = verdicts.remove(mutant.breaks) else { return Cell::NotApplicable };
    let others: Vec<_> = verdicts.iter().filter(|(_, verdict)| verdict.failed).map(|(rule, _)| rule).collect();
    assert!(others.is_empty(), "{} on {vendor}, {}: {others:?}", mutant.name, profile.name);
    match (has_fired, verdict.failed, verdict.passed) {
        (true, true, _) => Cell::Caught,
        (true, false, true) => Cell::Passed,
        (true, false, false) => Cell::NotPassed,
        (false, _, passed) => Cell::Dormant(passed.then_some(verdict.not_seen)),
    }
}

/// Does the same work for each item on both cores, and keeps their order.
pub(crate) fn in_parallel<I: Sync, T: Send>(all: &'static [I], work: impl Fn(&'static I) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some((place, item)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, all.get(at)?)))
                {
                    let result = work(item);
                    done.lock().push((place, result));
                }
            });
        }
    });
    let mut done = done.into_inner();
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

/// What became of all cells, in numbers, and what the words for them mean.
pub(crate) fn sums(cells: &[&Cell]) -> String {
    let count = |is: fn(&Cell) -> bool| cells.iter().filter(|cell| is(cell)).count();
    let caught = count(|cell| *cell == Cell::Caught);
    let not_passed = count(|cell| *cell == Cell::NotPassed);
    format!(
        "{} cells. The fault showed itself in {}: the rule failed in {caught}, and was not exercised or is not testable in\n\
         {not_passed}. It lay dormant in {}, and {} don't apply. **Passed although the fault showed itself: {}.**\n\n\
         *caught*: the rule failed at each vendor at which the fault showed itself, or at most of them. *said*: the rule did not\n\
         pass. *dormant*: the fault did not show itself at any vendor. In brackets what the rule's line says that it didn't see.\n",
        cells.len(),
        caught + not_passed,
        count(|cell| matches!(cell, Cell::Dormant(_))),
        count(|cell| *cell == Cell::NotApplicable),
        count(|cell| *cell == Cell::Passed),
    )
}

fn page(rows: &[MutantCells]) -> String {
    let cells: Vec<&Cell> = rows.iter().flat_map(|row| row.cells.iter().flatten()).collect();
    let names: Vec<&str> = PROFILES.iter().map(|profile| profile.name).collect();
    let mut page = format!(
        "# Profile matrix of SDKs\n\n\
         Written by a test, which plays every mutant of the reference SDK at every vendor, behind adapters with fewer and fewer\n\
         capabilities. A mutant reports when its *fault showed itself*: when a decision was another than that of the conforming\n\
         SDK. The law: where the fault showed itself, the rule that the mutant breaks never passes; and where a capability hid\n\
         the fault and the rule passed all the same, its line in the report says what it did not see.\n\n\
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
    page += "\nNo mistake, and so not played:\n\n";
    for known in HARMLESS {
        page += &format!("- {}: at {}\n", known.mutant, known.at);
    }
    page
}

/// One word for the cells of all vendors.
pub(crate) fn word(cells: &[Cell]) -> String {
    if cells.contains(&Cell::Caught) {
        return "caught".to_owned();
    }
    if cells.contains(&Cell::NotPassed) {
        return "said".to_owned();
    }
    let mut unseen: Vec<&str> = Vec::new();
    for cell in cells {
        if let Cell::Dormant(Some(texts)) = cell {
            unseen.extend(texts.iter().map(String::as_str));
        }
    }
    unseen.sort_unstable();
    unseen.dedup();
    let is_dormant = cells.iter().any(|cell| matches!(cell, Cell::Dormant(_)));
    match (is_dormant, unseen.is_empty()) {
        (false, _) => "·".to_owned(),
        (true, true) => "dormant".to_owned(),
        (true, false) => format!("dormant ({})", unseen.join("; ")),
    }
}
