use std::collections::BTreeMap;

use crate::history::{Event, Login};
use crate::rules::people::{SentId, Sighting, sent_id, sightings};
use crate::rules::tracker::{AppRequest, Tracker, credentials};
use crate::rules::{Context, Evidence, Finding, Monitor, words};

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
    /// names the other user. A user whose id changes by itself is not judged here: that is `user/id-unstable`'s affair.
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
        antecedent: "a request of an app that names another user, whose own user's id was seen before",
        monitor: |context| Box::new(Watch::new(context)),
    }
}

struct Watch {
    tracker: Tracker,
    untestable: Option<String>,
}

impl Watch {
    fn new(context: &Context<'_>) -> Self {
        let untestable = context.lacks_call("credential").or_else(|| context.lacks_second_user());
        Self { tracker: Tracker::default(), untestable }
    }
}

impl Monitor for Watch {
    fn observe(&mut self, event: &Event) {
        self.tracker.observe(event);
    }

    fn finish(self: Box<Self>) -> Evidence {
        let mut evidence = Evidence { untestable: self.untestable, ..Evidence::default() };
        let requests = self.tracker.app_requests();
        let learned = learned(&sightings(&requests));
        for request in &requests {
            judge(request, &learned, &mut evidence);
        }
        evidence
    }
}

/// By user and field, the first call that showed the user's id; nothing for a user who was seen under several.
type Learned<'t> = BTreeMap<(&'t str, &'static str), Option<Sighting<'t>>>;

fn learned<'t>(sightings: &[Sighting<'t>]) -> Learned<'t> {
    let mut learned = Learned::new();
    for seen in sightings {
        let known = learned.entry((seen.user, seen.id.field)).or_insert(Some(*seen));
        if known.is_some_and(|known| known.id != seen.id) {
            *known = None;
        }
    }
    learned
}

fn judge(request: &AppRequest<'_>, learned: &Learned<'_>, evidence: &mut Evidence) {
    let Some(intent) = request.intent.filter(|intent| intent.login == Login::Valid) else { return };
    let Some(named) = &intent.named else { return };
    let own = |id: SentId<'_>| learned.get(&(intent.user.as_str(), id.field)).copied().flatten();
    let calls = request.calls.iter();
    let sent = calls.filter_map(|call| Some((call.opened, sent_id(call.request.step.as_ref()?)?)));
    let known: Vec<_> = sent.filter_map(|(seq, id)| Some((seq, id, own(id)?))).collect();
    let turned_away =
        is_turned_away(request) && learned.iter().any(|((user, _), id)| *user == intent.user && id.is_some());
    evidence.exercised += u64::from(!known.is_empty() || turned_away);
    if let Some((seq, id, own)) = known.iter().find(|(_, id, own)| *id != own.id) {
        let app = words::app(Some(intent));
        let (field, sent, right) = (id.field, id.text, own.id.text);
        let message = format!(
            "{app} named {named}, and the client backend called the vendor with {field} {sent}, \
             though {} is {right} there",
            intent.user
        );
        evidence.findings.push(Finding::new(message, [own.call, request.exchange.opened, *seq]));
    }
}

/// True if the backend answered that it failed, and called nobody.
fn is_turned_away(request: &AppRequest<'_>) -> bool {
    let failed = |success: Option<bool>| success == Some(false);
    let answer = request.exchange.delivered().map(|(_, answer)| answer);
    request.calls.is_empty()
        && credentials(request.exchange).is_empty()
        && answer.is_some_and(|answer| failed(answer.outcome.as_ref().map(|outcome| outcome.success)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, app, failed, handed, issue, issued, naming};

    fn both_known() -> Story {
        let mut story = Story::new();
        story.hand_out("alice", "a-1", "credential#1");
        story.hand_out("bob", "b-1", "credential#2");
        story
    }

    #[test]
    fn a_backend_that_goes_by_the_login_holds() {
        let mut story = both_known();
        story.hand_out_to(naming("alice", "bob"), "a-1", "credential#3");
        assert_eq!(story.held(&RULE), 1);
    }

    #[test]
    fn a_backend_that_turns_the_request_away_holds() {
        let mut story = both_known();
        let asked = story.send(app(naming("alice", "bob")));
        story.answer(asked, failed(403, "not you"));
        assert_eq!(story.held(&RULE), 1);
    }

    #[test]
    fn a_backend_that_goes_by_the_named_id_is_found() {
        let mut story = both_known();
        story.hand_out_to(naming("alice", "bob"), "b-1", "credential#3");
        let message = "alice's app named bob, and the client backend called the vendor with external_id b-1, though alice \
                       is a-1 there";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![2, 9, 10])]);
    }

    #[test]
    fn a_credential_joins_what_concurrency_hides() {
        let mut story = both_known();
        let alice = story.send(app(naming("alice", "bob")));
        let bob = story.send(app(naming("bob", "alice")));
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
        story.hand_out_to(naming("alice", "bob"), "x-3", "credential#3");
        assert_eq!(story.held(&RULE), 0);
    }

    #[test]
    fn a_user_who_was_never_seen_is_not_judged() {
        let mut story = Story::new();
        story.hand_out_to(naming("alice", "bob"), "b-1", "credential#1");
        assert_eq!(story.held(&RULE), 0);
    }
}
