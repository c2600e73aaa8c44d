//! Finds a rule by its name, with advice if no rule has that name.

use super::{RULES, Rule};

/// The error for a name that no rule has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule `{name}`; {advice}")]
pub struct UnknownRule {
    /// The name that was asked for.
    pub name: String,
    /// The nearest name, or all names.
    pub advice: String,
}

/// Finds the rule of this name. Fails with advice if there is none.
pub fn find(name: &str) -> Result<&'static Rule, UnknownRule> {
    RULES
        .iter()
        .find(|rule| rule.name == name)
        .ok_or_else(|| UnknownRule { name: name.to_owned(), advice: advice(name) })
}

/// The nearest name, by the whole name or by the part after the slash. All names if none is near.
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
