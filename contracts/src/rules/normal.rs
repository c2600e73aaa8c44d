//! The probe's answers with ids replaced by what they stand for, so that two users can be compared.

use serde_json::Value;

use super::deliveries::Attempt;

/// The shortest name, in bytes, that is replaced inside a longer text. A shorter one may be there by chance.
const TELLING: usize = 8;

/// The value with the user's names and the ids of the user's messages replaced.
pub(super) fn value(shown: &Value, user: &str, attempts: &[Attempt]) -> Value {
    let mut names = vec![(user.to_owned(), "the user".to_owned())];
    for message in attempts.iter().flat_map(|attempt| attempt.about(user)) {
        for (id, stands_for) in
            [(&message.user_id, "the user".to_owned()), (&message.id, format!("message {}", message.nth))]
        {
            if !names.iter().any(|(known, _)| known == id) {
                names.push((id.clone(), stands_for));
            }
        }
    }
    replaced(shown, &names)
}

fn replaced(shown: &Value, names: &[(String, String)]) -> Value {
    match shown {
        Value::String(text) => Value::from(text_of(text, names)),
        Value::Array(items) => items.iter().map(|item| replaced(item, names)).collect(),
        Value::Object(members) => {
            members.iter().map(|(key, member)| (text_of(key, names), replaced(member, names))).collect()
        }
        plain => plain.clone(),
    }
}

fn text_of(text: &str, names: &[(String, String)]) -> String {
    if let Some((_, stands_for)) = names.iter().find(|(name, _)| name == text) {
        return stands_for.clone();
    }
    // A placeholder of a personal or secret value contains the user's label.
    let marked = names.first().map_or(text.to_owned(), |(user, _)| text.replace(&format!("#{user}"), "#the user"));
    let long = names.iter().filter(|(name, _)| name.len() >= TELLING);
    long.fold(marked, |text, (name, stands_for)| text.replace(name, stands_for))
}
