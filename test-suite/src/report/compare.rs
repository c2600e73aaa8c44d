//! Compares two runs: verdicts that changed, and what only one of them covered.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;
use standin_contracts::rules::Verdict;

use super::{CoverageGroup, CoverageReport};

/// The differences between two runs.
#[derive(Debug)]
pub struct Comparison {
    vendors: Vec<Vendor>,
}

/// The differences between two runs against one vendor.
#[derive(Debug)]
struct Vendor {
    name: String,
    verdicts: Vec<String>,
    gained: Vec<String>,
    lost: Vec<String>,
    /// Why there is nothing to compare; `None` if both runs have this vendor.
    alone: Option<&'static str>,
}

/// The part of a written report that is compared.
#[derive(Debug, Deserialize)]
struct Document {
    vendors: Vec<Part>,
}

#[derive(Debug, Deserialize)]
struct Part {
    vendor: String,
    rules: Vec<Rule>,
    coverage: Option<CoverageReport>,
}

#[derive(Debug, Deserialize)]
struct Rule {
    rule: String,
    verdict: Verdict,
}

impl Comparison {
    /// Compares two reports in JSON.
    ///
    /// # Errors
    /// If one of them is no report.
    pub fn of(before: &str, after: &str) -> Result<Self, String> {
        let read = |what: &str, text: &str| -> Result<BTreeMap<String, Part>, String> {
            let document: Document = serde_json::from_str(text).map_err(|error| {
                format!("the {what} report is none that `standin verify --report json=PATH` wrote: {error}")
            })?;
            Ok(document.vendors.into_iter().map(|part| (part.vendor.clone(), part)).collect())
        };
        let (before, mut after) = (read("earlier", before)?, read("later", after)?);
        let mut vendors = Vec::new();
        for (name, earlier) in &before {
            vendors.push(match after.remove(name) {
                Some(later) => compared(name, earlier, &later),
                None => alone(name, "only the earlier run has it"),
            });
        }
        vendors.extend(after.keys().map(|name| alone(name, "only the later run has it")));
        Ok(Self { vendors })
    }

    /// The comparison as text.
    pub fn words(&self) -> String {
        self.vendors.iter().map(Vendor::words).collect()
    }
}

impl Vendor {
    fn words(&self) -> String {
        let mut words = format!("{}\n", self.name);
        if let Some(why) = self.alone {
            return words + &format!("  {why}\n");
        }
        if self.verdicts.is_empty() && self.gained.is_empty() && self.lost.is_empty() {
            return words + "  the same verdicts, and the same coverage\n";
        }
        let parts = [("", &self.verdicts), ("covered now: ", &self.gained), ("not covered any more: ", &self.lost)];
        for (what, lines) in parts {
            for line in lines {
                // Writing to a string can't fail.
                let _ = writeln!(words, "  {what}{line}");
            }
        }
        words
    }
}

fn alone(name: &str, why: &'static str) -> Vendor {
    Vendor { name: name.to_owned(), verdicts: Vec::new(), gained: Vec::new(), lost: Vec::new(), alone: Some(why) }
}

fn compared(name: &str, before: &Part, after: &Part) -> Vendor {
    let (gained, lost) = match (&before.coverage, &after.coverage) {
        (Some(before), Some(after)) => (more(before, after), more(after, before)),
        _ => (Vec::new(), Vec::new()),
    };
    Vendor { name: name.to_owned(), verdicts: verdicts(before, after), gained, lost, alone: None }
}

fn verdicts(before: &Part, after: &Part) -> Vec<String> {
    let earlier: BTreeMap<&str, Verdict> = before.rules.iter().map(|rule| (rule.rule.as_str(), rule.verdict)).collect();
    let changed = after.rules.iter().filter_map(|rule| {
        let was = earlier.get(rule.rule.as_str()).filter(|was| **was != rule.verdict)?;
        Some(format!("{} {} before, {} now", rule.rule, verdict_before(*was), verdict_now(rule.verdict)))
    });
    changed.collect()
}

fn verdict_before(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::NotExercised => "was not exercised",
        Verdict::NotTestable => "was not testable",
        Verdict::NotApplicable => "did not apply",
    }
}

fn verdict_now(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passes",
        Verdict::Failed => "fails",
        Verdict::NotExercised => "is not exercised",
        Verdict::NotTestable => "is not testable",
        Verdict::NotApplicable => "does not apply",
    }
}

/// What the second run covered and the first did not.
fn more(first: &CoverageReport, second: &CoverageReport) -> Vec<String> {
    let covered = |group: &CoverageGroup, what: &str| group.covered.iter().any(|one| one.what == what);
    let pairs = first.parts().into_iter().zip(second.parts());
    let mut more: Vec<String> = pairs
        .flat_map(|((name, first), (_, second))| {
            let new = second.covered.iter().filter(move |one| !covered(first, &one.what));
            new.map(move |one| format!("{name}: {}", one.what))
        })
        .collect();
    let transitions = second
        .transitions
        .iter()
        .filter(|one| !first.transitions.iter().any(|other| other.transition == one.transition))
        .count();
    if transitions > 0 {
        more.push(format!("{transitions} transitions of the vendor's state"));
    }
    more
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(verdict: &str, covered: &[&str]) -> String {
        let nothing = json!({"covered": [], "missed": []});
        let covered: Vec<_> = covered.iter().map(|what| json!({"what": what, "times": 1})).collect();
        let coverage = json!({
            "rules": nothing, "replies": {"covered": covered, "missed": []}, "install_statuses": nothing, "faults": nothing,
            "scenarios": nothing, "transitions": [],
        });
        let rules = json!([{"rule": "sync/item-lost", "verdict": verdict}]);
        json!({"vendors": [{"vendor": "acme", "rules": rules, "coverage": coverage}]}).to_string()
    }

    #[test]
    fn what_changed_is_told_and_what_did_not_is_not() {
        let before = report("passed", &["submit_batch throttled", "create_user user_created"]);
        let after = report("failed", &["create_user user_created", "create_user credential_spent"]);
        let words = Comparison::of(&before, &after).expect("reports").words();
        let expected = "acme\n  sync/item-lost passed before, fails now\n  covered now: replies: create_user credential_spent\n  \
                        not covered any more: replies: submit_batch throttled\n";
        assert_eq!(words, expected);
        let same = Comparison::of(&before, &before).expect("reports").words();
        assert_eq!(same, "acme\n  the same verdicts, and the same coverage\n");
    }

    #[test]
    fn what_is_no_report_is_refused_with_the_reason() {
        let error = Comparison::of("{}", &report("passed", &[])).expect_err("no report");
        assert!(error.starts_with("the earlier report is none"), "{error}");
    }
}
