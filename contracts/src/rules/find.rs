//! A rule by its name, with advice where there is none of that name.

use super::{RULES, Rule};

/// No rule has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule `{name}`; {advice}")]
pub struct UnknownRule {
    /// What was asked for.
    pub name: String,
    /// What may have been meant.
    pub advice: String,
}

/// The rule of this name.
pub fn find(name: &str) -> Result<&'static Rule, UnknownRule> {
    RULES
        .iter()
        .find(|rule| rule.name == name)
        .ok_or_else(|| UnknownRule { name: name.to_owned(), advice: advice(name) })
}

/// The nearest name, told by its whole or by its offence alone; all names where none is near.
fn advice(name: &str) -> String {
    let names = || RULES.iter().map(|rule| rule.name);
    let by_offence = names().find(|known| known.split_once('/').is_some_and(|(_, offence)| offence == name));
    match by_offence {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => crate::advice::advice(name, names()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_found_by_its_name() {
        for rule in RULES {
            assert_eq!(find(rule.name).map(|found| found.name), Ok(rule.name));
        }
    }

    #[test]
    fn a_misspelt_name_is_told_the_nearest() {
        for (name, meant) in [("credential/sharde", "credential/shared"), ("salt-wrong", "readback/salt-wrong")] {
            assert_eq!(find(name).map(|rule| rule.name), Err(unknown(name, &format!("did you mean `{meant}`?"))));
        }
    }

    #[test]
    fn a_name_like_no_other_is_told_all() {
        let error = find("no/such-thing-at-all").unwrap_err();
        assert!(error.advice.contains(&format!("one of: {}, ", RULES[0].name)), "{error}");
    }

    fn unknown(name: &str, advice: &str) -> UnknownRule {
        UnknownRule { name: name.to_owned(), advice: advice.to_owned() }
    }
}
