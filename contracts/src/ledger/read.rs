//! From TOML to rows: two files, checked and merged.

use serde::Deserialize;
use toml::Spanned;

use super::{Basis, LedgerError, Level, Party, Problem, Requirement, Whose};
use crate::rules;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    requirement: Vec<Spanned<Row>>,
    #[serde(default, rename = "override")]
    overrides: Vec<Spanned<Override>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
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
    row: String,
    level: Option<Level>,
    excluded_because: Option<String>,
}

/// The rows of both ledgers, with the vendor's overrides done.
pub(super) fn merged(common: &str, vendor: Option<&str>) -> Result<Vec<Requirement>, LedgerError> {
    let mut rows = Vec::new();
    Text { whose: Whose::Common, text: common }.add_to(&mut rows)?;
    if let Some(text) = vendor {
        Text { whose: Whose::Vendor, text }.add_to(&mut rows)?;
    }
    Ok(rows)
}

/// One ledger's text, which knows how to blame a line of itself.
#[derive(Clone, Copy)]
struct Text<'t> {
    whose: Whose,
    text: &'t str,
}

impl Text<'_> {
    fn add_to(self, rows: &mut Vec<Requirement>) -> Result<(), LedgerError> {
        let file: File = toml::from_str(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.blame(at, Problem::Syntax(error.message().to_owned()))
        })?;
        for row in file.requirement {
            let at = row.span().start;
            let row = checked(row.into_inner(), rows).map_err(|problem| self.blame(at, problem))?;
            rows.push(row);
        }
        for change in file.overrides {
            let at = change.span().start;
            apply(change.into_inner(), rows).map_err(|problem| self.blame(at, problem))?;
        }
        Ok(())
    }

    fn blame(self, at: usize, problem: Problem) -> LedgerError {
        let before = self.text.get(..at).unwrap_or_default();
        LedgerError { whose: self.whose, line: before.matches('\n').count() + 1, problem }
    }
}

fn checked(row: Row, known: &[Requirement]) -> Result<Requirement, Problem> {
    if known.iter().any(|other| other.id == row.id) {
        return Err(Problem::Twice(row.id));
    }
    if row.judged_by.is_empty() == row.excluded_because.is_none() {
        return Err(Problem::JudgedOrExcluded(row.id));
    }
    if row.read.parse::<jiff::civil::Date>().is_err() {
        return Err(Problem::NoDay { row: row.id, day: row.read });
    }
    for name in &row.judged_by {
        if let Err(unknown) = rules::find(name) {
            return Err(Problem::UnknownRule { row: row.id, rule: unknown.name, advice: unknown.advice });
        }
    }
    let Row { id, who, level, text, is, source, read, judged_by, excluded_because } = row;
    Ok(Requirement { id, who, level, text, is, source, read, judged_by, excluded_because })
}

fn apply(change: Override, rows: &mut [Requirement]) -> Result<(), Problem> {
    let Some(row) = rows.iter_mut().find(|row| row.id == change.row) else {
        return Err(Problem::NoRow(change.row));
    };
    match (change.level, change.excluded_because) {
        (Some(level), None) => row.level = level,
        (None, Some(reason)) => row.excluded_because = Some(reason),
        _ => return Err(Problem::Override(change.row)),
    }
    Ok(())
}
