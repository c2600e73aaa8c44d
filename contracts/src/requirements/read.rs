//! Reads requirements from TOML: two files, checked and merged.

use serde::Deserialize;
use toml::Spanned;

use super::{Basis, Level, Party, Problem, Requirement, RequirementsError, Whose};
use crate::rules;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    requirement: Vec<Spanned<RequirementTable>>,
    #[serde(default, rename = "override")]
    overrides: Vec<Spanned<Override>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequirementTable {
    id: String,
    who: Party,
    level: Level,
    text: String,
    is: Basis,
    source: String,
    read: String,
    #[serde(default)]
    judged_by: Vec<String>,
    excluded_because: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    requirement: String,
    level: Option<Level>,
    excluded_because: Option<String>,
}

/// The requirements of both files, with the vendor's overrides applied.
pub(super) fn merged(common: &str, vendor: Option<&str>) -> Result<Vec<Requirement>, RequirementsError> {
    let mut requirements = Vec::new();
    Text { whose: Whose::Common, text: common }.add_to(&mut requirements)?;
    if let Some(text) = vendor {
        Text { whose: Whose::Vendor, text }.add_to(&mut requirements)?;
    }
    Ok(requirements)
}

/// The text of one requirements file, for errors with line numbers.
#[derive(Clone, Copy)]
struct Text<'t> {
    whose: Whose,
    text: &'t str,
}

impl Text<'_> {
    fn add_to(self, requirements: &mut Vec<Requirement>) -> Result<(), RequirementsError> {
        let file: File = toml::from_str(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.blame(at, Problem::Syntax(error.message().to_owned()))
        })?;
        for requirement in file.requirement {
            let at = requirement.span().start;
            let requirement =
                checked(requirement.into_inner(), requirements).map_err(|problem| self.blame(at, problem))?;
            requirements.push(requirement);
        }
        for change in file.overrides {
            let at = change.span().start;
            apply(change.into_inner(), requirements).map_err(|problem| self.blame(at, problem))?;
        }
        Ok(())
    }

    fn blame(self, at: usize, problem: Problem) -> RequirementsError {
        let before = self.text.get(..at).unwrap_or_default();
        RequirementsError { whose: self.whose, line: before.matches('\n').count() + 1, problem }
    }
}

fn checked(requirement: RequirementTable, known: &[Requirement]) -> Result<Requirement, Problem> {
    if known.iter().any(|other| other.id == requirement.id) {
        return Err(Problem::Twice(requirement.id));
    }
    if requirement.judged_by.is_empty() == requirement.excluded_because.is_none() {
        return Err(Problem::JudgedOrExcluded(requirement.id));
    }
    if requirement.read.parse::<jiff::civil::Date>().is_err() {
        return Err(Problem::NoDay { requirement: requirement.id, day: requirement.read });
    }
    for name in &requirement.judged_by {
        if let Err(unknown) = rules::find(name) {
            return Err(Problem::UnknownRule {
                requirement: requirement.id,
                rule: unknown.name,
                advice: unknown.advice,
            });
        }
    }
    let RequirementTable { id, who, level, text, is, source, read, judged_by, excluded_because } = requirement;
    Ok(Requirement { id, who, level, text, is, source, read, judged_by, excluded_because })
}

fn apply(change: Override, requirements: &mut [Requirement]) -> Result<(), Problem> {
    let Some(requirement) = requirements.iter_mut().find(|requirement| requirement.id == change.requirement) else {
        return Err(Problem::NoRequirement(change.requirement));
    };
    match (change.level, change.excluded_because) {
        (Some(level), None) => requirement.level = level,
        (None, Some(reason)) => requirement.excluded_because = Some(reason),
        _ => return Err(Problem::Override(change.requirement)),
    }
    Ok(())
}
