//! The result of a case: every rule's judgement, and the offences.

use std::collections::BTreeSet;
use std::sync::Arc;

use standin_contracts::history::{Event, Header};
use standin_contracts::requirements::Level;
use standin_contracts::rules::{self, Judgement, Verdict};

/// A failure that a case led to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Offence {
    Rule(String),
    Ended,
    Silent,
}

/// A played case with the judgements of it.
#[derive(Clone)]
pub(crate) struct CaseResult {
    /// Every rule's judgement of this case alone.
    pub(crate) judgements: Vec<Judgement>,
    /// How the case ended early; `None` if it was played to its end.
    pub(crate) halt: Option<String>,
    pub(crate) events: Vec<Arc<Event>>,
    /// The header of its history; `None` if nothing was recorded.
    pub(crate) header: Option<Header>,
    pub(crate) halted_as: Option<Offence>,
}

impl Offence {
    /// The offence's name in files and reports.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Rule(rule) => rule,
            Self::Ended => "subject/ended",
            Self::Silent => "subject/silent",
        }
    }

    /// The failed rule; `None` if the subject ended or hung.
    pub(crate) fn rule(&self) -> Option<&str> {
        match self {
            Self::Rule(rule) => Some(rule),
            Self::Ended | Self::Silent => None,
        }
    }

    /// The offence of this name.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        match name {
            "subject/ended" => Ok(Self::Ended),
            "subject/silent" => Ok(Self::Silent),
            rule => rules::find(rule).map(|rule| Self::Rule(rule.name.to_owned())).map_err(|error| error.to_string()),
        }
    }
}

impl CaseResult {
    /// All offences. A failed `SHOULD` rule counts only if it is the rule that `only` names.
    pub(crate) fn offences(&self, only: Option<&str>) -> BTreeSet<Offence> {
        let must = |one: &&Judgement| {
            let binds = one.level == Some(Level::Must) && !one.note;
            one.verdict == Verdict::Failed && (binds || only == Some(&one.rule))
        };
        let rules = self.judgements.iter().filter(must).map(|one| Offence::Rule(one.rule.clone()));
        rules.chain(self.halted_as.clone()).collect()
    }

    /// Whether this offence occurred.
    pub(crate) fn shows(&self, offence: &Offence) -> bool {
        match offence {
            Offence::Rule(rule) => self.judgement(rule).is_some_and(|one| one.verdict == Verdict::Failed),
            other => self.halted_as.as_ref() == Some(other),
        }
    }

    pub(crate) fn judgement(&self, rule: &str) -> Option<&Judgement> {
        self.judgements.iter().find(|one| one.rule == rule)
    }
}

impl CaseResult {
    pub(crate) fn halted(message: String, how: Offence) -> Self {
        Self { judgements: Vec::new(), halt: Some(message), events: Vec::new(), header: None, halted_as: Some(how) }
    }
}
