//! The page that lists every rule, for the documentation.

use std::fmt::Write;

use super::{RULES, Rule};
use crate::contract::VENDORS;
use crate::ledger::{self, Ledger, LedgerError, Requirement};

const HEAD: &str = "# The rules

<!-- Generated from the doc comments in contracts/src/rules and the ledgers in contracts; change them there. -->

Each rule is named for what is wrong when it is broken. A rule binds as much as the ledger's rows say that ask for it: a
broken `must` is a failure, a broken `should` a warning, and what rests on our own opinion alone is a note. A rule that
nothing put to the test is never green.
";

/// The text of `docs/rules.md`: each rule with its level for every shipped vendor, its page, and the rows that ask for it.
pub fn book() -> Result<String, LedgerError> {
    let ledgers: Vec<_> =
        VENDORS.iter().map(|vendor| Ok((*vendor, ledger::builtin(vendor)?))).collect::<Result<_, LedgerError>>()?;
    let mut text = HEAD.to_owned();
    for rule in RULES {
        // Writing to a string can't fail.
        let _ = write!(text, "\n## {}\n\n{}\n", rule.name, chapter(rule, &ledgers));
    }
    Ok(text)
}

fn chapter(rule: &Rule, ledgers: &[(&str, Ledger)]) -> String {
    let levels: Vec<_> = ledgers.iter().map(|(vendor, ledger)| format!("{vendor}: {}", level(rule, ledger))).collect();
    let subjects: Vec<_> = rule.subjects.iter().map(ToString::to_string).collect();
    let rows: Vec<_> = rows(rule, ledgers).into_iter().map(row).collect();
    format!(
        "*Judges the {}. {}.*\n\n{}\n### Required by\n{}",
        subjects.join(" and the "),
        levels.join("; "),
        rule.page(),
        rows.concat().trim_end()
    )
}

fn level(rule: &Rule, ledger: &Ledger) -> String {
    match ledger.standing(rule.name) {
        Some(standing) if standing.assumed_only => format!("{}, as a note", standing.level),
        Some(standing) => standing.level.to_string(),
        None => "not applicable".to_owned(),
    }
}

/// The rows that ask for a rule, each once: common ones stand in every vendor's ledger.
fn rows<'l>(rule: &Rule, ledgers: &'l [(&str, Ledger)]) -> Vec<&'l Requirement> {
    let mut rows: Vec<&Requirement> = Vec::new();
    for standing in ledgers.iter().filter_map(|(_, ledger)| ledger.standing(rule.name)) {
        for row in standing.rows {
            if !rows.iter().any(|known| known.id == row.id) {
                rows.push(row);
            }
        }
    }
    rows
}

fn row(row: &Requirement) -> String {
    format!("- **{}** ({}, {}): {} Source: {}; read {}.\n", row.id, row.level, row.is, row.text, row.source, row.read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_has_every_rule_with_its_level_and_source() {
        let book = book().unwrap();
        for rule in RULES {
            assert!(book.contains(&format!("\n## {}\n", rule.name)), "{}", rule.name);
            assert!(book.contains(rule.statement), "{}", rule.name);
        }
        assert!(book.contains("techcentrix: must; sentiance: must; finbox: not applicable"));
        assert!(book.contains("- **C3** (must, inferred): A key that was refused"));
    }
}
