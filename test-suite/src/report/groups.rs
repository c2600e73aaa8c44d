//! Findings of a rule that say the same: only names and numbers in their messages differ.

use super::FindingReport;

/// Findings that say the same: the first of them, and how many more there are.
pub(super) struct Group<'f> {
    pub(super) first: &'f FindingReport,
    pub(super) more: usize,
}

/// Groups the findings of a rule, in the order of the first of each group.
pub(super) fn groups(findings: &[FindingReport]) -> Vec<Group<'_>> {
    let mut groups: Vec<(Vec<String>, Group<'_>)> = Vec::new();
    for finding in findings {
        let shape = shape(finding);
        match groups.iter_mut().find(|(known, _)| *known == shape) {
            Some((_, group)) => group.more += 1,
            None => groups.push((shape, Group { first: finding, more: 0 })),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The words of a message, with one sign for each name or number. Labels, ids and numbers have a digit; people are named
/// in the steps. A list counts as one, however long it is.
fn shape(finding: &FindingReport) -> Vec<String> {
    let people: Vec<&str> = finding.steps.iter().flat_map(|step| people(&step.said)).collect();
    let general = |word: &str| {
        let (name, rest) = word.split_at(word.find([',', '\'']).unwrap_or(word.len()));
        let is_name = name.contains(|letter: char| letter.is_ascii_digit()) || people.contains(&name);
        if is_name { format!("#{}", rest.trim_start_matches(',')) } else { word.to_owned() }
    };
    let mut words: Vec<String> = finding.message.split_whitespace().map(general).collect();
    words.dedup_by(|next, word| next == "#" && word == "#");
    words
}

/// The people whom a step names: for whom an app acts, and as whom.
fn people(said: &str) -> impl Iterator<Item = &str> {
    said.split("  ").flat_map(|part| {
        let words: Vec<&str> = part.split_whitespace().collect();
        let first = words.get(1).filter(|_| matches!(words[0], "as" | "for")).copied();
        let victim = words.iter().position(|word| *word == "impersonating").and_then(|place| words.get(place + 1));
        first.into_iter().chain(victim.copied()).map(|name| name.trim_end_matches(',')).collect::<Vec<_>>()
    })
}

#[cfg(test)]
mod tests {
    use super::super::Step;
    use super::*;

    fn finding(message: &str, said: &str) -> FindingReport {
        FindingReport {
            message: message.to_owned(),
            scenario: None,
            case: None,
            killed: None,
            came_again: None,
            steps: vec![Step { seq: 1, actors: String::new(), said: said.to_owned() }],
            replay: String::new(),
        }
    }

    fn counts(findings: &[(&str, &str)]) -> Vec<usize> {
        let findings: Vec<_> = findings.iter().map(|(message, said)| finding(message, said)).collect();
        groups(&findings).iter().map(|group| group.more + 1).collect()
    }

    #[test]
    fn messages_that_differ_in_names_and_numbers_are_one_group() {
        let labels = ["the SDK of phone-1 lost item-1, item-2 for 20ms", "the SDK of tablet-12 lost item-3 for 1.5s"];
        assert_eq!(counts(&labels.map(|message| (message, ""))), [2]);
        let people = [
            ("alice's app named bob", "POST /credential  as alice, impersonating bob in its body  [login#alice]"),
            ("bob's app named carol", "POST /credential  as bob, impersonating carol in its body  [login#bob]"),
            ("carol's app named dan", "create_user  for carol"),
        ];
        assert_eq!(counts(&people), [2, 1], "nobody says who dan is");
    }

    #[test]
    fn messages_that_say_something_else_are_groups_of_their_own() {
        let three = ["phone-1 sent item-1 again", "phone-1 lost item-1", "phone-2 sent item-7 again"];
        assert_eq!(counts(&three.map(|message| (message, ""))), [2, 1]);
        assert_eq!(counts(&[]), [] as [usize; 0]);
    }
}
