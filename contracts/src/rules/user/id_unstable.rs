use std::collections::{BTreeMap, BTreeSet};

use crate::rules::at_the_end::at_the_end;
use crate::rules::people::{Sighting, sightings};
use crate::rules::tracker::AppRequest;
use crate::rules::{Evidence, Finding, words};

rule! {
    /// One user of the app always stands under the same id at the vendor.
    ///
    /// ### What is wrong
    /// The client backend sends one user under two ids: a new one for each request, or one that a restart changes.
    ///
    /// ### Why it matters
    /// Each id is a new user to the vendor. What was collected under the old one is lost to the person it belongs to.
    ///
    /// ### How it is provoked
    /// The same user asks several times, and again after the backend was killed and started anew.
    ///
    /// ### What is right
    /// The id is derived from what the client's own system calls the user, or kept where a restart doesn't reach it.
    ///
    /// ### Example
    /// ```text
    /// backend -> vendor  POST /auth {"id": "a-1"}      (for alice)
    /// backend -> vendor  POST /auth {"id": "a-2"}      (for alice)      <- another
    /// ```
    {
        name: "user/id-unstable",
        needs: [],
        precondition: "a request of a user for which the vendor is called with an id, after another one of the same user",
        blind_without: [("restart", "after a restart")],
        monitor: |context| at_the_end(context.lacks_app(), judge),
    }
}

fn judge(requests: &[AppRequest<'_>]) -> Evidence {
    // An erasure changes the vendor's own id of a user. Another rule judges that.
    let mut seen = sightings(requests);
    seen.retain(|one| one.id.field == "external_id");
    let findings = by_user(&seen).iter().filter(|(_, ids)| ids.len() > 1).map(finding).collect();
    Evidence { exercised: repeats(&seen), findings, ..Evidence::default() }
}

/// The number of requests with an id by users who were seen before.
fn repeats(seen: &[Sighting<'_>]) -> u64 {
    let requests: BTreeSet<_> = seen.iter().map(|one| (one.user, one.id.field, one.request)).collect();
    let users: BTreeSet<_> = seen.iter().map(|one| (one.user, one.id.field)).collect();
    (requests.len() - users.len()) as u64
}

/// For each id of one user, the first call with it.
type Ids<'t> = BTreeMap<&'t str, u64>;

fn by_user<'t>(seen: &[Sighting<'t>]) -> BTreeMap<(&'t str, &'static str), Ids<'t>> {
    let mut users: BTreeMap<_, Ids<'t>> = BTreeMap::new();
    for one in seen {
        users.entry((one.user, one.id.field)).or_default().entry(one.id.text).or_insert(one.call);
    }
    users
}

fn finding(((user, field), ids): (&(&str, &'static str), &Ids<'_>)) -> Finding {
    let mut ids: Vec<_> = ids.iter().map(|(id, call)| (*call, (*id).to_owned())).collect();
    ids.sort();
    let names: Vec<_> = ids.iter().map(|(_, id)| id.clone()).collect();
    let message = format!("the client backend sent {user} under {} {field}s, {}", ids.len(), words::list(&names));
    Finding::new(message, ids.iter().map(|(call, _)| *call))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Field;
    use crate::rules::testing::{Story, app, handed, impersonation, issue, issued, no_occasion, same_occasion, wish};

    #[test]
    fn the_same_id_after_a_restart_holds() {
        let mut story = Story::new();
        story.hand_out("alice", "a-1", "credential#1");
        story.hand_out("alice", "a-1", "credential#2");
        story.killed();
        story.hand_out("alice", "a-1", "credential#3");
        assert_eq!(story.passed(&RULE), 2);
    }

    #[test]
    fn the_same_request_with_another_id_is_found() {
        let twice = |second: &str| {
            let mut story = Story::new();
            story.hand_out("alice", "a-1", "credential#1");
            story.hand_out("alice", second, "credential#2");
            story
        };
        same_occasion(&RULE, &twice("a-1"), &twice("a-2"));
    }

    #[test]
    fn another_id_is_found() {
        let mut story = Story::new();
        story.hand_out("alice", "z-1", "credential#1");
        story.killed();
        story.hand_out("alice", "a-2", "credential#2");
        let message = "the client backend sent alice under 2 external_ids, z-1 and a-2";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![2, 7])]);
    }

    #[test]
    fn the_vendors_own_id_of_a_user_is_not_compared_with_the_clients() {
        let mut story = Story::new();
        story.hand_out("alice", "a-1", "credential#1");
        let asked = story.send(app(wish("alice")));
        let mut call = issue("a-1");
        let fields = &mut call.step.as_mut().unwrap().fields;
        fields.clear();
        fields.insert(Field::UserId.to_string(), "5a18".into());
        story.call(call, issued("credential#2"));
        story.answer(asked, handed("credential#2"));
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn another_id_of_the_vendors_own_holds() {
        let mut story = Story::new();
        for id in ["5a18", "9c07"] {
            let asked = story.send(app(wish("alice")));
            let mut call = issue("a-1");
            let fields = &mut call.step.as_mut().unwrap().fields;
            fields.clear();
            fields.insert(Field::UserId.to_string(), id.into());
            story.call(call, issued("credential#1"));
            story.answer(asked, handed("credential#1"));
        }
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn a_user_who_was_seen_once_shows_nothing() {
        let mut story = Story::new();
        story.hand_out("alice", "a-1", "credential#1");
        story.hand_out("bob", "b-1", "credential#2");
        story.hand_out_to(impersonation("alice", "bob"), "b-1", "credential#3");
        no_occasion(&RULE, &story);
    }
}
