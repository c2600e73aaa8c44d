//! The page that lists every rule, for the documentation.

use std::fmt::Write;

use super::{RULES, Rule};
use crate::contract::VENDORS;
use crate::requirements::{self, Requirement, Requirements, RequirementsError};

const HEAD: &str = "# The rules

<!-- Generated from the doc comments in contracts/src/rules and the requirements in contracts; change them there. -->

Each rule is named for what is wrong when it is broken. A rule binds as much as the requirements say that ask for it: a
broken `must` is a failure, a broken `should` a warning, and what rests on our own opinion alone is a note.

A rule is exercised by *occasions*: moments at which the subject could have done what is wrong, and at which it would have
been found. What merely happened is none. A rule without an occasion was not exercised, and is never green.

Commands to an SDK that overlap may have taken effect in any order. A finding stands if every order makes it wrong that agrees
with when each was sent and returned, and with the wire. A rule that *rests on the wire alone* looks at what messages hold,
whatever the SDK was told when: to see its finding once is enough. Any other finding of a generated case or a crash point that
doesn't come again on a fresh subject is a warning.
";

/// The text of `docs/rules.md`: each rule with its level for every shipped vendor, its page, and its requirements.
pub fn book() -> Result<String, RequirementsError> {
    let vendors: Vec<_> = VENDORS
        .iter()
        .map(|vendor| Ok((*vendor, requirements::builtin(vendor)?)))
        .collect::<Result<_, RequirementsError>>()?;
    let mut text = HEAD.to_owned();
    for rule in RULES {
        // Writing to a `String` never fails.
        let _ = write!(text, "\n## {}\n\n{}\n", rule.name, chapter(rule, &vendors));
    }
    Ok(text)
}

fn chapter(rule: &Rule, vendors: &[(&str, Requirements)]) -> String {
    let levels: Vec<_> =
        vendors.iter().map(|(vendor, requirements)| format!("{vendor}: {}", level(rule, requirements))).collect();
    let subjects: Vec<_> = rule.subjects.iter().map(ToString::to_string).collect();
    let required_by: Vec<_> = requirements_of(rule, vendors).into_iter().map(requirement).collect();
    format!(
        "*Judges the {}. {}. {}An occasion to fail is {}.*\n\n{}\n### Required by\n{}",
        subjects.join(" and the "),
        levels.join("; "),
        if rule.on_wire { "Rests on the wire alone. " } else { "" },
        rule.precondition,
        rule.page(),
        required_by.concat().trim_end()
    )
}

fn level(rule: &Rule, requirements: &Requirements) -> String {
    match requirements.of_rule(rule.name) {
        Some(basis) if basis.assumed_only => format!("{}, as a note", basis.level),
        Some(basis) => basis.level.to_string(),
        None => "not applicable".to_owned(),
    }
}

/// The requirements that ask for a rule, each once. Common requirements are in every vendor's list.
fn requirements_of<'l>(rule: &Rule, vendors: &'l [(&str, Requirements)]) -> Vec<&'l Requirement> {
    let mut all: Vec<&Requirement> = Vec::new();
    for basis in vendors.iter().filter_map(|(_, requirements)| requirements.of_rule(rule.name)) {
        for requirement in basis.requirements {
            if !all.iter().any(|known| known.id == requirement.id) {
                all.push(requirement);
            }
        }
    }
    all
}

fn requirement(requirement: &Requirement) -> String {
    format!(
        "- **{}** ({}, {}): {} Source: {}; read {}.\n",
        requirement.id, requirement.level, requirement.is, requirement.text, requirement.source, requirement.read
    )
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
