use std::collections::BTreeMap;

use crate::history::Login;
use crate::rules::at_the_end::at_the_end;
use crate::rules::people::{SentId, Sighting, sent_id, sightings};
use crate::rules::tracker::{AppRequest, credentials};
use crate::rules::{Evidence, Finding, words};

rule! {
    /// The user for whom the vendor is called is the one who is logged in, whatever id the app names.
    ///
    /// ### What is wrong
    /// An app with its own user's login names another user's id, in its body, query or headers, and the client backend calls
    /// the vendor under an id that is not the logged-in user's.
    ///
    /// ### Why it matters
    /// Anybody with a login and another user's id becomes that user at the vendor.
    ///
    /// ### How it is provoked
    /// First each user asks without naming anybody, which shows under which id the backend sends that user. Then an app
    /// names the other user. An id that changes by itself is the affair of `user/id-unstable`.
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
        precondition: "a request of an app that names another user, whose own user's id was seen before",
        monitor: |context| at_the_end(context.lacks_call("credential").or_else(|| context.lacks_second_user()), judge),
    }
}

fn judge(requests: &[AppRequest<'_>]) -> Evidence {
    let mut evidence = Evidence::default();
    let learned = learned(&sightings(requests));
    for request in requests {
        judge_one(request, &learned, &mut evidence);
    }
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

fn judge_one(request: &AppRequest<'_>, learned: &Learned<'_>, evidence: &mut Evidence) {
    let Some(intent) = request.intent.filter(|intent| intent.login == Login::Valid) else { return };
    let Some(named) = &intent.named else { return };
    let user = intent.user.as_str();
    let sent = request.calls.iter().filter_map(|call| Some((call.opened, sent_id(call.request.step.as_ref()?)?)));
    let told: Vec<_> =
        sent.filter_map(|(seq, id)| Some((seq, id, told(id, learned.get(&(user, id.field))?)?))).collect();
    let turned_away = is_turned_away(request) && learned.keys().any(|(seen, _)| *seen == user);
    evidence.exercised += u64::from(!told.is_empty() || turned_away);
    let other = told.iter().find_map(|(seq, id, told)| match told {
        IdOwner::Own => None,
        IdOwner::Other(own) => Some((seq, id, own)),
    });
    if let Some((seq, id, own)) = other {
        let app = words::app(Some(intent));
        let (field, sent, right) = (id.field, id.text, own.id.text);
        let message = format!(
            "{app} named {named}, and the client backend called the vendor with {field} {sent}, though {user} is {right} there"
        );
        evidence.findings.push(Finding::new(message, [own.call, request.exchange.opened, *seq]));
    }
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

/// Whether the backend answered with a failure and made no call to the vendor.
fn is_turned_away(request: &AppRequest<'_>) -> bool {
    let answer = request.exchange.delivered().and_then(|(_, answer)| answer.outcome.as_ref());
    request.calls.is_empty()
        && credentials(request.exchange).is_empty()
        && answer.is_some_and(|outcome| !outcome.success)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, app, failed, handed, impersonation, issue, issued};

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
    fn an_id_that_a_restart_changed_is_still_the_users_own() {
        let mut story = both_known();
        story.hand_out_to(impersonation("alice", "bob"), "a-1", "credential#3");
        story.killed();
        story.hand_out("alice", "a-2", "credential#4");
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_user_who_was_never_seen_is_not_judged() {
        let mut story = Story::new();
        story.hand_out_to(impersonation("alice", "bob"), "b-1", "credential#1");
        assert_eq!(story.passed(&RULE), 0);
    }
}
