use std::collections::BTreeMap;

use crate::history::{Login, NamedIn};
use crate::rules::at_the_end::at_the_end;
use crate::rules::people::{SentId, Sighting, sent_id, sightings};
use crate::rules::tracker::{AppRequest, credentials};
use crate::rules::{Evidence, Finding, words};

rule! {
    /// The user for whom the vendor is called is the one who is logged in, whatever id the app names.
    ///
    /// ### What is wrong
    /// An app with its own user's login names another user's id, in its query, headers, cookies, path or body, and the
    /// client backend calls the vendor under an id that is not the logged-in user's.
    ///
    /// ### Why it matters
    /// Anybody with a login and another user's id becomes that user at the vendor.
    ///
    /// ### How it is provoked
    /// First each user asks without naming anybody, which shows under which id the backend sends that user. Then an app
    /// names the other user, in one place a request. A path or a method that the backend doesn't know (404, 405) shows
    /// nothing; nor does a body that it can't read (400, 415, 422), unless the honest request has a body and differs from it by
    /// one member alone. Of a place without evidence the report says so. An id that changes by itself is the affair of
    /// `user/id-unstable`.
    ///
    /// ### What is right
    /// The id comes from the login alone. Refusing an app that names somebody else is right as well.
    ///
    /// ### Example
    /// ```text
    /// app -> backend     POST /credential {"userId": "bob"}     (alice's login; alice is a-1 at the vendor)
    /// backend -> vendor  POST /auth {"id": "b-1"}               <- bob's
    /// ```
    {
        name: "credential/for-another-user",
        needs: [IssueCredential],
        precondition: "a request of an app that names another user and was served or refused for it, where both users have one id each and these differ",
        monitor: |context| at_the_end(context.lacks_call("credential").or_else(|| context.lacks_second_user()), judge),
    }
}

fn judge(requests: &[AppRequest<'_>]) -> Evidence {
    let mut evidence = Evidence::default();
    let learned = learned(&sightings(requests));
    let mut places: BTreeMap<NamedIn, Tried> = BTreeMap::new();
    for request in requests {
        let Some(tried) = judge_one(request, &learned, &mut evidence) else { continue };
        if let Some(place) = request.intent.and_then(|intent| intent.named_in) {
            places.entry(place).or_default().add(tried);
        }
    }
    evidence.not_seen = places.iter().filter_map(|(place, tried)| tried.unseen(*place)).collect();
    evidence
}

/// By user and field, the first call with each id that was sent for the user.
type Learned<'t> = BTreeMap<(&'t str, &'static str), Vec<Sighting<'t>>>;

fn learned<'t>(sightings: &[Sighting<'t>]) -> Learned<'t> {
    let mut learned = Learned::new();
    for seen in sightings {
        let known = learned.entry((seen.user, seen.id.field)).or_default();
        if known.iter().all(|one| one.id != seen.id) {
            known.push(*seen);
        }
    }
    learned
}

/// Whether a user has one id that is not also the other's, so that the other's would be told from it.
fn is_known_apart(learned: &Learned<'_>, user: &str, other: &str) -> bool {
    learned.iter().filter(|((seen, _), _)| *seen == user).any(|((_, field), known)| {
        let others = learned.get(&(other, *field)).into_iter().flatten();
        matches!(&known[..], [own] if others.into_iter().all(|one| one.id != own.id))
    })
}

/// What one request that names another user shows.
enum Shown {
    /// Whose id the backend took.
    Evidence,
    /// Nothing, and the status of the answer, if one came.
    Nothing(Option<u16>),
}

/// The requests that named another user in one place.
#[derive(Default)]
struct Tried {
    has_evidence: bool,
    /// The last answer that showed nothing.
    status: Option<u16>,
}

impl Tried {
    fn add(&mut self, shown: Shown) {
        match shown {
            Shown::Evidence => self.has_evidence = true,
            Shown::Nothing(status) => self.status = status.or(self.status),
        }
    }

    /// What was not seen of this place, and what it takes to see it.
    fn unseen(&self, place: NamedIn) -> Option<String> {
        let how = match place {
            NamedIn::Path => "give the call's path an `{id}`",
            NamedIn::Body | NamedIn::Form => "give the call a `json` as its app sends it",
            NamedIn::Query | NamedIn::Header | NamedIn::Cookie => "give the call as its app makes it",
        };
        let status = self.status.map_or_else(|| "no answer".to_owned(), |status| format!("answered {status}"));
        let place = place.as_str();
        (!self.has_evidence).then(|| format!("an id in the {place} ({status}; if apps send one there, {how})"))
    }
}

/// Judges a request that names another user. `None` if it names none, or if another id than its user's would prove
/// nothing.
fn judge_one(request: &AppRequest<'_>, learned: &Learned<'_>, evidence: &mut Evidence) -> Option<Shown> {
    let intent = request.intent.filter(|intent| intent.login == Login::Valid)?;
    let named = intent.named.as_ref()?;
    let user = intent.user.as_str();
    if !is_known_apart(learned, user, named) {
        return None;
    }
    let sent = request.calls.iter().filter_map(|call| Some((call.opened, sent_id(call.request.step.as_ref()?)?)));
    let told: Vec<_> =
        sent.filter_map(|(seq, id)| Some((seq, id, told(id, learned.get(&(user, id.field))?)?))).collect();
    if told.is_empty() && !is_turned_away(request) {
        return Some(Shown::Nothing(request.exchange.answer().map(|answer| answer.status)));
    }
    evidence.exercised += 1;
    let other = told.iter().find_map(|(seq, id, told)| match told {
        IdOwner::Own => None,
        IdOwner::Other(own) => Some((seq, id, own)),
    });
    if let Some((seq, id, own)) = other {
        let app = words::app(Some(intent));
        let place = intent.named_in.map(|place| format!(" in its {}", place.as_str())).unwrap_or_default();
        let (field, sent, right) = (id.field, id.text, own.id.text);
        let message = format!(
            "{app} named {named}{place}, and the client backend called the vendor with {field} {sent}, though {user} is {right} \
             there"
        );
        evidence.findings.push(Finding::new(message, [own.call, request.exchange.opened, *seq]));
    }
    Some(Shown::Evidence)
}

/// The owner of an id, as far as earlier calls show.
enum IdOwner<'t> {
    /// The id was sent for this user before.
    Own,
    /// Only another id was sent for this user before.
    Other(Sighting<'t>),
}

/// The owner of an id. `None` if the user is known under several ids, since then a new id proves nothing.
fn told<'t>(id: SentId<'_>, known: &[Sighting<'t>]) -> Option<IdOwner<'t>> {
    match known {
        known if known.iter().any(|own| own.id == id) => Some(IdOwner::Own),
        [own] => Some(IdOwner::Other(*own)),
        _ => None,
    }
}

/// Whether the backend refused the request for the user that it names, and made no call to the vendor. A path that it
/// doesn't know or a body that it can't read is refused for other reasons, whoever is named there.
fn is_turned_away(request: &AppRequest<'_>) -> bool {
    let Some((_, answer)) = request.exchange.delivered() else { return false };
    let is_refusal = answer.outcome.as_ref().is_some_and(|outcome| !outcome.success);
    let is_alone = request.intent.is_some_and(|intent| intent.alone);
    let is_about_user = match answer.status {
        200..300 | 401 | 403 => true,
        400 | 415 | 422 => is_alone,
        _ => false,
    };
    request.calls.is_empty() && credentials(request.exchange).is_empty() && is_refusal && is_about_user
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::AppIntent;
    use crate::rules::testing::{Story, app, failed, handed, impersonation, issue, issued, no_occasion, same_occasion};

    fn both_known() -> Story {
        let mut story = Story::new();
        story.hand_out("alice", "a-1", "credential#1");
        story.hand_out("bob", "b-1", "credential#2");
        story
    }

    #[test]
    fn a_backend_that_goes_by_the_login_holds() {
        let mut story = both_known();
        story.hand_out_to(impersonation("alice", "bob"), "a-1", "credential#3");
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_backend_that_turns_the_request_away_holds() {
        let mut story = both_known();
        let asked = story.send(app(impersonation("alice", "bob")));
        story.answer(asked, failed(403, "not you"));
        assert_eq!(story.passed(&RULE), 1);
    }

    /// An app names another user in one place, and is answered with this status.
    fn answered(place: NamedIn, alone: bool, status: u16) -> Evidence {
        let mut story = both_known();
        let intent = AppIntent { named_in: Some(place), alone, ..impersonation("alice", "bob") };
        let asked = story.send(app(intent));
        story.answer(asked, failed(status, "no"));
        story.evidence(&RULE)
    }

    #[test]
    fn a_refusal_for_another_reason_is_no_evidence_and_is_told_by_its_place() {
        for status in [404, 405, 500] {
            let evidence = answered(NamedIn::Path, false, status);
            let unseen = format!(
                "an id in the path (answered {status}; if apps send one there, give the call's path an `{{id}}`)"
            );
            assert_eq!((evidence.exercised, evidence.not_seen), (0, vec![unseen]));
        }
        for status in [400, 415, 422] {
            assert_eq!(answered(NamedIn::Body, false, status).exercised, 0, "the body as such may be at fault");
            assert_eq!(answered(NamedIn::Body, true, status).exercised, 1, "one member is all that differs");
        }
        let refused = answered(NamedIn::Query, false, 403);
        assert_eq!((refused.exercised, refused.not_seen), (1, Vec::new()));
    }

    #[test]
    fn the_same_occasion_convicts_and_the_finding_tells_the_place() {
        let asks = |id: &str| {
            let mut story = both_known();
            let intent = AppIntent { named_in: Some(NamedIn::Body), ..impersonation("alice", "bob") };
            story.hand_out_to(intent, id, "credential#3");
            story
        };
        same_occasion(&RULE, &asks("a-1"), &asks("b-1"));
        let found = asks("b-1").evidence(&RULE);
        assert!(found.findings[0].message.starts_with("alice's app named bob in its body, and the"));
    }

    #[test]
    fn a_backend_that_goes_by_the_named_id_is_found() {
        let mut story = both_known();
        story.hand_out_to(impersonation("alice", "bob"), "b-1", "credential#3");
        let message = "alice's app named bob, and the client backend called the vendor with external_id b-1, though alice \
                       is a-1 there";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![2, 9, 10])]);
    }

    #[test]
    fn a_credential_joins_what_concurrency_hides() {
        let mut story = both_known();
        let alice = story.send(app(impersonation("alice", "bob")));
        let bob = story.send(app(impersonation("bob", "alice")));
        story.call(issue("b-1"), issued("credential#3"));
        story.call(issue("b-1"), issued("credential#4"));
        story.answer(alice, handed("credential#3"));
        story.answer(bob, handed("credential#4"));
        let evidence = story.evidence(&RULE);
        assert_eq!((evidence.exercised, evidence.findings.len()), (2, 1));
    }

    #[test]
    fn a_user_whose_id_changes_by_itself_is_not_judged() {
        let mut story = Story::new();
        story.hand_out("alice", "x-1", "credential#1");
        story.hand_out("alice", "x-2", "credential#2");
        story.hand_out_to(impersonation("alice", "bob"), "x-3", "credential#3");
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn an_id_that_a_restart_changed_is_still_the_users_own_and_shows_nothing() {
        let mut story = both_known();
        story.hand_out_to(impersonation("alice", "bob"), "a-1", "credential#3");
        story.killed();
        story.hand_out("alice", "a-2", "credential#4");
        no_occasion(&RULE, &story);
    }

    #[test]
    fn users_who_share_an_id_show_nothing() {
        let mut story = Story::new();
        story.hand_out("alice", "constant", "credential#1");
        story.hand_out("bob", "constant", "credential#2");
        story.hand_out_to(impersonation("alice", "bob"), "constant", "credential#3");
        no_occasion(&RULE, &story);
    }

    #[test]
    fn a_user_who_was_never_seen_is_not_judged() {
        let mut story = Story::new();
        story.hand_out_to(impersonation("alice", "bob"), "b-1", "credential#1");
        assert_eq!(story.passed(&RULE), 0);
    }
}
