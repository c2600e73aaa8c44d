//! What a course showed: what the rules say of it, and what must not be.

use std::collections::BTreeSet;
use std::sync::Arc;

use standin_contracts::history::Event;
use standin_contracts::requirements::Level;
use standin_contracts::rules::{self, Judgement, Verdict};

/// What a course led to that must not be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Offence {
    Rule(String),
    Ended,
    Silent,
}

/// A course that was played, and what the judge says of it.
#[derive(Clone)]
pub(crate) struct CaseResult {
    /// Every rule's judgement of this course alone.
    pub(crate) judgements: Vec<Judgement>,
    /// How the course ended early, if it did.
    pub(crate) halt: Option<String>,
    pub(crate) events: Vec<Arc<Event>>,
    pub(crate) halted_as: Option<Offence>,
}

impl Offence {
    /// The offence as files and reports name it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Rule(rule) => rule,
            Self::Ended => "subject/ended",
            Self::Silent => "subject/silent",
        }
    }

    /// The rule that is broken, if one is.
    pub(crate) fn rule(&self) -> Option<&str> {
        match self {
            Self::Rule(rule) => Some(rule),
            Self::Ended | Self::Silent => None,
        }
    }

    /// The offence of this name, if there is one.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        match name {
            "subject/ended" => Ok(Self::Ended),
            "subject/silent" => Ok(Self::Silent),
            rule => rules::find(rule).map(|rule| Self::Rule(rule.name.to_owned())).map_err(|error| error.to_string()),
        }
    }
}

impl CaseResult {
    /// Everything that must not be. What only should not be counts if it is all that is asked for.
    pub(crate) fn offences(&self, only: Option<&str>) -> BTreeSet<Offence> {
        let must = |one: &&Judgement| {
            let binds = one.level == Some(Level::Must) && !one.note;
            one.verdict == Verdict::Failed && (binds || only == Some(&one.rule))
        };
        let rules = self.judgements.iter().filter(must).map(|one| Offence::Rule(one.rule.clone()));
        rules.chain(self.halted_as.clone()).collect()
    }

    /// True if this came of it.
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
        Self { judgements: Vec::new(), halt: Some(message), events: Vec::new(), halted_as: Some(how) }
    }
}
