//! Findings of a rule that say the same: only names and numbers in their messages differ.

use super::FindingReport;

/// Findings that say the same: the first of them, and how many more there are.
pub(super) struct Group<'f> {
    pub(super) first: &'f FindingReport,
    pub(super) more: usize,
}

/// Groups the findings of a rule, in the order of the first of each group.
pub(super) fn groups(findings: &[FindingReport]) -> Vec<Group<'_>> {
    let mut groups: Vec<(Vec<&str>, Group<'_>)> = Vec::new();
    for finding in findings {
        let shape = shape(&finding.message);
        match groups.iter_mut().find(|(known, _)| *known == shape) {
            Some((_, group)) => group.more += 1,
            None => groups.push((shape, Group { first: finding, more: 0 })),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The words of a message without those that have a digit: labels, ids and numbers have one. A list of them counts as
/// one, however long it is.
fn shape(message: &str) -> Vec<&str> {
    let is_name = |word: &str| word.contains(|letter: char| letter.is_ascii_digit());
    let mut words: Vec<_> = message.split_whitespace().map(|word| if is_name(word) { "#" } else { word }).collect();
    words.dedup_by(|next, word| *next == "#" && *word == "#");
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(message: &str) -> FindingReport {
        FindingReport {
            message: message.to_owned(),
            scenario: None,
            case: None,
            killed: None,
            came_again: None,
            steps: Vec::new(),
            replay: String::new(),
        }
    }

    fn counts(messages: &[&str]) -> Vec<usize> {
        let findings: Vec<_> = messages.iter().map(|message| finding(message)).collect();
        groups(&findings).iter().map(|group| group.more + 1).collect()
    }

    #[test]
    fn messages_that_differ_in_names_and_numbers_are_one_group() {
        let same = ["the SDK of phone-1 lost item-1, item-2 for 20ms", "the SDK of tablet-12 lost item-3 for 1.5s"];
        assert_eq!(counts(&same), [2]);
    }

    #[test]
    fn messages_that_say_something_else_are_groups_of_their_own() {
        let three = ["phone-1 sent item-1 again", "phone-1 lost item-1", "phone-2 sent item-7 again"];
        assert_eq!(counts(&three), [2, 1]);
        assert_eq!(counts(&[]), [] as [usize; 0]);
    }
}
