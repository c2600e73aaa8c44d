//! Finds the parts of a text that differ from run to run: ids, placeholders, times, addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value};
use standin_contracts::history::{Event, Login, What};
use standin_contracts::protocol::{Field, Millis, Timestamp};
use standin_contracts::rules::AppRequest;

use super::names::{Id, Piece};

/// Times further away than this don't depend on the run, and stay as they are.
const NEAR: i64 = 40 * 24 * 60 * 60 * 1000;
/// Offsets are rounded to multiples of this, in milliseconds.
const GRAIN: i64 = 5000;
/// How late a time may be recorded and still be rounded to the intended one, in milliseconds.
const LATE: i64 = 1000;
/// The number of letters and digits from which a word counts as an unknown id.
const OPAQUE: usize = 16;

/// The name of the field with a proof that a secret is known.
const PROOF: &str = "proof";

/// The tokens that may be replaced, in the order in which they are tried.
const PATTERN: &str = r"(?x-u)
    (?P<host> (?: https?:// )? (?: 127\.0\.0\.1 | localhost | \[::1\] ) : [0-9]+ )
  | (?P<placeholder> [a-z_]+ \# [A-Za-z0-9_.-]+ )
  | (?P<time> [0-9]{4}-[0-9]{2}-[0-9]{2} [T\ ] [0-9]{2}:[0-9]{2}:[0-9]{2} (?: [.:,][0-9]{1,9} )? (?: Z | [+-][0-9]{2}:?[0-9]{2} )? )
  | (?P<date> [A-Z][a-z]{2}, \ [0-9]{2} \ [A-Z][a-z]{2} \ [0-9]{4} \ [0-9]{2}:[0-9]{2}:[0-9]{2} \ GMT )
  | (?P<uuid> [0-9a-fA-F]{8} - [0-9a-fA-F]{4} - [0-9a-fA-F]{4} - [0-9a-fA-F]{4} - [0-9a-fA-F]{12} )
  | (?P<word> [A-Za-z0-9_-]{4,} )";

static TOKENS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(PATTERN).ok());

/// The ids in the vendor's steps, by value.
#[derive(Debug, Default)]
pub(super) struct Ids {
    kinds: BTreeMap<String, String>,
    /// The users that ids belong to, where that was observed.
    people: BTreeMap<String, String>,
    /// The labels of installs, which end in the number of their scenario.
    installs: BTreeSet<String>,
    /// The times at which webhook messages were made. Their distance depends on the machine; which message it is
    /// doesn't.
    made: BTreeSet<Timestamp>,
}

impl Ids {
    /// Collects the ids of a history, and the app's users that they belong to. The first call made for an id decides,
    /// if its app named no other user.
    pub(super) fn of(events: &[&Event], requests: &[AppRequest<'_>]) -> Self {
        let mut ids = Self::default();
        for request in requests {
            let valid = request.intent.filter(|intent| intent.login == Login::Valid && intent.named.is_none());
            let steps = request.calls.iter().filter_map(|call| call.request.step.as_ref());
            for (intent, id) in valid.into_iter().zip(steps.filter_map(|step| step.text(&Field::ExternalId))) {
                ids.people.entry(id.to_owned()).or_insert_with(|| intent.user.clone());
            }
        }
        for event in events {
            match &event.event {
                What::Call(call) => {
                    ids.installs.insert(call.install.clone());
                }
                What::Request(request) => {
                    ids.installs.extend(request.install.clone());
                    request.step.iter().for_each(|step| ids.learn(&step.fields));
                    let delivered = request.delivery.iter().flat_map(|delivery| &delivery.messages);
                    ids.made.extend(delivered.map(|message| message.at));
                }
                What::Response(response) => ids.learn(&response.fields),
                _ => {}
            }
        }
        ids
    }

    fn learn(&mut self, fields: &Map<String, Value>) {
        let text = |field: Field| fields.get(&field.to_string()).and_then(Value::as_str);
        if let (Some(own), Some(theirs)) = (text(Field::ExternalId), text(Field::UserId)) {
            let user = self.people.get(own).cloned();
            self.people.extend(user.map(|user| (theirs.to_owned(), user)));
        }
        for (field, value) in fields.iter().filter(|(field, _)| is_id(field)) {
            if let Some(text) = value.as_str().filter(|text| !text.is_empty() && !text.contains('#')) {
                let kind = self.kinds.entry(text.to_owned()).or_insert_with(|| field.clone());
                // The smallest name wins, so that the order of events has no influence.
                if *field < *kind {
                    kind.clone_from(field);
                }
            }
        }
    }

    /// Replaces a whole value: a JSON string, a path segment, a part of a query.
    pub(super) fn value(&self, text: &str, at: Timestamp) -> Vec<Piece> {
        match self.known(text) {
            Some(id) => vec![id],
            None => self.scan(text, at),
        }
    }

    /// Replaces a JSON number if it is a time in seconds or milliseconds.
    pub(super) fn number(&self, number: &serde_json::Number, at: Timestamp) -> Piece {
        let moment = number.as_f64().and_then(|value| epoch(value, at));
        moment.map_or_else(|| Piece::Text(number.to_string()), |moment| self.moment(moment, at))
    }

    /// Replaces a time: by the message that was made then, or by its distance.
    fn moment(&self, moment: Timestamp, at: Timestamp) -> Piece {
        if self.made.contains(&moment) {
            return id("moment", &moment.to_string());
        }
        Piece::Text(offset(moment, at))
    }

    /// Replaces all tokens in free text.
    pub(super) fn scan(&self, text: &str, at: Timestamp) -> Vec<Piece> {
        let Some(tokens) = &*TOKENS else { return vec![Piece::Text(text.to_owned())] };
        let mut pieces = Vec::new();
        let mut end = 0;
        for found in tokens.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            if let Some(piece) = self.piece(&found, whole.as_str(), at) {
                pieces.push(Piece::Text(text[end..whole.start()].to_owned()));
                pieces.push(piece);
                end = whole.end();
            }
        }
        pieces.push(Piece::Text(text[end..].to_owned()));
        pieces
    }

    /// The replacement for a token, if it has one.
    fn piece(&self, found: &Captures<'_>, token: &str, at: Timestamp) -> Option<Piece> {
        let is = |group| found.name(group).is_some();
        if is("host") {
            return Some(Piece::Text("<host>".to_owned()));
        }
        if is("placeholder") {
            return Some(placeholder(token));
        }
        if is("time") {
            return near(moment(token)?, at).map(|moment| self.moment(moment, at));
        }
        if is("date") {
            return near(Timestamp::from_http_date(token).ok()?, at).map(|moment| self.moment(moment, at));
        }
        if is("uuid") {
            return Some(self.known(token).unwrap_or_else(|| id("uuid", token)));
        }
        let drawn = || is_opaque(token).then(|| id("opaque", token));
        self.known(token)
            .or_else(|| numbered(token))
            .or_else(|| self.named_after_install(token))
            .or_else(|| self.digits(token, at))
            .or_else(drawn)
    }

    /// The replacement for a token that ends in an install's label, without the number of the scenario.
    fn named_after_install(&self, token: &str) -> Option<Piece> {
        let label = self.installs.iter().find(|label| token.ends_with(label.as_str()))?;
        let before = &token[..token.len() - label.len()];
        Some(Piece::Text(format!("{before}{}", plain(label))))
    }

    fn digits(&self, word: &str, at: Timestamp) -> Option<Piece> {
        let is_moment = matches!(word.len(), 10 | 13) && word.bytes().all(|byte| byte.is_ascii_digit());
        let moment = epoch(word.parse().ok().filter(|_| is_moment)?, at)?;
        Some(self.moment(moment, at))
    }

    fn known(&self, text: &str) -> Option<Piece> {
        let kind = self.kinds.get(text)?;
        if kind == PROOF {
            // A proof may stay the same for a while and then change: only its validity means anything.
            return Some(Piece::Text("<proof>".to_owned()));
        }
        Some(self.people.get(text).map_or_else(|| id(kind, text), |user| Piece::Text(format!("{kind}#{user}"))))
    }
}

/// The name of an install or a user, without the number of the scenario.
pub(super) fn plain(label: &str) -> &str {
    match label.rsplit_once('-') {
        Some((name, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => label,
    }
}

/// The replacement for an item or a push, which the harness numbers through a whole run.
fn numbered(token: &str) -> Option<Piece> {
    let (kind, number) = token.split_once('-')?;
    let is_numbered = matches!(kind, "item" | "push") && number.bytes().all(|byte| byte.is_ascii_digit());
    is_numbered.then(|| id(kind, token))
}

fn is_id(field: &str) -> bool {
    field.rsplit(['_', '.']).next() == Some("id") || field == PROOF
}

fn id(kind: &str, value: &str) -> Piece {
    Piece::Id(Id { kind: kind.to_owned(), value: value.to_owned() })
}

/// The replacement for a placeholder. A number counts through the run and not the scenario; a name says which user it
/// belongs to.
fn placeholder(token: &str) -> Piece {
    match token.split_once('#') {
        Some((kind, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => id(kind, token),
        _ => Piece::Text(token.to_owned()),
    }
}

/// Whether a word is long, with letters and several digits.
fn is_opaque(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    word.len() >= OPAQUE && digits >= 4 && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn moment(token: &str) -> Option<Timestamp> {
    let (day, time) = token.split_at(10);
    let time = time.strip_prefix(['T', ' '])?;
    let (clock, rest) = time.split_at(8);
    let rest = rest.strip_prefix([':', ',']).map_or_else(|| rest.to_owned(), |fraction| format!(".{fraction}"));
    let zone = if rest.contains(['Z', '+', '-']) { "" } else { "Z" };
    format!("{day}T{clock}{rest}{zone}").parse().ok()
}

fn epoch(value: f64, at: Timestamp) -> Option<Timestamp> {
    let moment = |millis: f64| near(Timestamp::from_millis(millis as i64), at);
    moment(value * 1000.0).or_else(|| moment(value))
}

fn near(moment: Timestamp, at: Timestamp) -> Option<Timestamp> {
    let distance = moment.as_millis().saturating_sub(at.as_millis());
    (distance.abs() <= NEAR).then_some(moment)
}

/// The distance of a time in steps of five seconds, so that a slow machine reads the same.
pub(super) fn offset(moment: Timestamp, at: Timestamp) -> String {
    let exact = moment.as_millis().saturating_sub(at.as_millis()).saturating_sub(LATE);
    let steps = exact.div_euclid(GRAIN) + i64::from(exact.rem_euclid(GRAIN) != 0);
    let span = Millis::new(steps.saturating_mul(GRAIN).unsigned_abs());
    match steps {
        0 => "<now>".to_owned(),
        1.. => format!("<+{span}>"),
        _ => format!("<-{span}>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-20T08:00:00.000Z";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    /// The text with each id as its kind in brackets.
    fn said(ids: &Ids, text: &str) -> String {
        let word = |piece: Piece| match piece {
            Piece::Text(text) => text,
            Piece::Id(id) => format!("[{}]", id.kind),
        };
        ids.value(text, at(NOW)).into_iter().map(word).collect()
    }

    #[test]
    fn moments_become_offsets_however_they_are_written_and_however_late() {
        let texts = [
            ("2026-11-20T08:10:00.000Z", "<+10min>"),
            ("2026-11-20T08:09:58.500Z", "<+10min>"),
            ("2026-11-20T08:10:00.020Z", "<+10min>"),
            ("2026-11-20 08:09:59", "<+10min>"),
            ("2026-11-20T08:00:00:004", "<now>"),
            ("2026-11-20T09:00:00+01:00", "<now>"),
            ("Fri, 20 Nov 2026 08:10:00 GMT", "<+10min>"),
            ("2026-11-20T07:59:40Z", "<-20s>"),
            ("1795162200", "<+10min>"),
            ("1795161600123", "<now>"),
            ("2018-12-12T01:01:57:221", "2018-12-12T01:01:57:221"),
        ];
        for (text, words) in texts {
            assert_eq!(said(&Ids::default(), text), words, "{text}");
        }
    }

    #[test]
    fn a_json_number_is_a_moment_only_if_it_is_near() {
        for (text, words) in [("1795162200", "<+10min>"), ("1795161599.5", "<now>"), ("42", "42"), ("1.5", "1.5")] {
            let number = serde_json::from_str(text).expect("a number");
            assert_eq!(Ids::default().number(&number, at(NOW)), Piece::Text(words.to_owned()), "{text}");
        }
    }

    #[test]
    fn when_a_message_was_made_is_told_by_which_it_was_however_long_ago() {
        let ids = Ids { made: BTreeSet::from([at("2026-11-20T07:59:20.007Z")]), ..Ids::default() };
        for text in ["2026-11-20T07:59:20.007Z", "2026-11-20 08:59:20.007+01:00", "1795161560007"] {
            assert_eq!(said(&ids, text), "[moment]", "{text}");
        }
        assert_eq!(said(&ids, "2026-11-20T07:59:20.008Z"), "<-40s>");
    }

    #[test]
    fn what_looks_drawn_is_an_id_and_what_looks_written_is_not() {
        let texts = [
            ("ref 403b03b1-35ea-4ae4-af0a-7ebb65211543.", "ref [uuid]."),
            ("trace=9fa06fa848b0b44a1acb5f17", "trace=[opaque]"),
            ("a-very-long-name-of-something", "a-very-long-name-of-something"),
            ("Bearer credential#12 of login#alice", "Bearer [credential] of login#alice"),
            ("see http://127.0.0.1:7357/docs", "see <host>/docs"),
        ];
        for (text, words) in texts {
            assert_eq!(said(&Ids::default(), text), words);
        }
    }

    #[test]
    fn what_is_numbered_through_a_run_is_numbered_anew_in_each_scenario() {
        let ids = Ids { installs: BTreeSet::from(["phone-12".to_owned()]), ..Ids::default() };
        assert_eq!(said(&ids, "item-7 of push-token-of-phone-12 by push-3"), "[item] of push-token-of-phone by [push]");
        assert_eq!((plain("phone-12"), plain("alice")), ("phone", "alice"));
    }

    #[test]
    fn an_id_of_a_step_is_found_as_a_value_and_as_a_word() {
        let mut ids = Ids::default();
        let fields =
            serde_json::json!({"external_id": "u-17+x", "install_id": "phone1", "status": "ok", "proof": "p/q="});
        ids.learn(fields.as_object().expect("fields"));
        assert_eq!(said(&ids, "u-17+x"), "[external_id]");
        assert_eq!(said(&ids, "the phone1 is ok"), "the [install_id] is ok");
        assert_eq!(said(&ids, "p/q="), "<proof>");
    }
}
