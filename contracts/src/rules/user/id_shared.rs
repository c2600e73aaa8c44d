use std::collections::{BTreeMap, BTreeSet};

use crate::rules::at_the_end::at_the_end;
use crate::rules::people::{SentId, Sighting, sightings};
use crate::rules::tracker::AppRequest;
use crate::rules::{Evidence, Finding, words};

rule! {
    /// Two users of the app never stand under one id at the vendor.
    ///
    /// ### What is wrong
    /// The client backend sends two users under the same id: a constant, the id of a whole household or company, or an id
    /// that lost what told the two apart when it was cut, folded to lower case or hashed.
    ///
    /// ### Why it matters
    /// To the vendor the two are one. Each is shown the other's data, and nothing can separate them afterwards.
    ///
    /// ### How it is provoked
    /// Several users ask, each with a login and naming nobody.
    ///
    /// ### What is right
    /// The id is made of the whole of what identifies the user in the client's own system.
    ///
    /// ### Example
    /// ```text
    /// backend -> vendor  POST /auth {"id": "user"}      (for alice)
    /// backend -> vendor  POST /auth {"id": "user"}      (for bob)      <- the same
    /// ```
    {
        name: "user/id-shared",
        needs: [],
        precondition: "a user for whom the vendor is called with an id, where it is called for another one with an id of the same kind",
        monitor: |context| at_the_end(context.lacks_second_user(), judge),
    }
}

fn judge(requests: &[AppRequest<'_>]) -> Evidence {
    let seen = sightings(requests);
    // The first user of each kind of id can share it with nobody.
    let users: BTreeSet<_> = seen.iter().map(|one| (one.id.field, one.user)).collect();
    let fields: BTreeSet<_> = seen.iter().map(|one| one.id.field).collect();
    let exercised = (users.len() - fields.len()) as u64;
    let findings = by_id(&seen).iter().filter(|(_, users)| users.len() > 1).map(finding).collect();
    Evidence { exercised, findings, ..Evidence::default() }
}

/// For each user with one id, the first call for that user.
type Users<'t> = BTreeMap<&'t str, u64>;

fn by_id<'t>(seen: &[Sighting<'t>]) -> BTreeMap<SentId<'t>, Users<'t>> {
    let mut ids: BTreeMap<SentId<'_>, Users<'_>> = BTreeMap::new();
    for one in seen {
        ids.entry(one.id).or_default().entry(one.user).or_insert(one.call);
    }
    ids
}

fn finding((id, users): (&SentId<'_>, &Users<'_>)) -> Finding {
    let names: Vec<_> = users.keys().map(|user| (*user).to_owned()).collect();
    let message = format!("the client backend sent {} under one {}, {}", words::list(&names), id.field, id.text);
    Finding::new(message, users.values().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::CommandName;
    use crate::rules::testing::{
        Story, app, handed, impersonation, issue, issued, no_occasion, response, same_occasion, vendor_call, wish,
    };

    #[test]
    fn an_id_for_each_user_holds_and_the_same_one_for_both_is_found() {
        let both = |of_bob: &str| {
            let mut story = Story::new();
            story.hand_out("alice", "a-1", "credential#1");
            story.hand_out("bob", of_bob, "credential#2");
            story
        };
        same_occasion(&RULE, &both("b-1"), &both("a-1"));
        assert_eq!(both("b-1").passed(&RULE), 1);
        let mut alone = Story::new();
        alone.hand_out("alice", "a-1", "credential#1");
        no_occasion(&RULE, &alone);
    }

    #[test]
    fn two_users_under_one_id_are_found() {
        let mut story = Story::new();
        story.hand_out("alice", "user", "credential#1");
        story.hand_out("bob", "user", "credential#2");
        let message = "the client backend sent alice and bob under one external_id, user";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![2, 6])]);
    }

    #[test]
    fn calls_that_read_back_show_ids_too() {
        let mut story = Story::new();
        for user in ["alice", "bob"] {
            let asked = story.send(app(wish(user)));
            story.call(vendor_call(CommandName::ReadBack, "/predictors", "same"), response(200));
            story.answer(asked, response(200));
        }
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn a_credential_got_ahead_during_another_users_request_holds() {
        let mut story = Story::new();
        story.hand_out("alice", "a-1", "credential#1");
        let bob = story.send(app(wish("bob")));
        story.call(issue("a-1"), issued("credential#9"));
        story.call(issue("b-1"), issued("credential#2"));
        story.answer(bob, handed("credential#2"));
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_user_whom_another_named_is_no_evidence() {
        let mut story = Story::new();
        story.hand_out("bob", "b-1", "credential#1");
        story.hand_out_to(impersonation("alice", "bob"), "b-1", "credential#2");
        assert_eq!(story.passed(&RULE), 0);
    }
}
