use std::collections::BTreeMap;

use crate::history::Login;
use crate::protocol::{CommandName, Field};
use crate::rules::at_the_end::at_the_end;
use crate::rules::tracker::{AppRequest, Exchange};
use crate::rules::{Evidence, Finding};

rule! {
    /// Results are read back under the very id that the user's app gave to its SDK.
    ///
    /// ### What is wrong
    /// The app gives its SDK one id of the user, and the client backend reads back under another: in other letters, hashed
    /// once more, or from another table.
    ///
    /// ### Why it matters
    /// The vendor has the data under the first id and is asked for the second: there is nobody, or somebody else.
    ///
    /// ### How it is provoked
    /// The app asks its backend for the id that its SDK needs, by the call `sdk_id`. Each call that reads back for that user
    /// is compared with what the app was told. Where it reads back for one user under several ids, that comes first: it is the
    /// affair of `user/id-unstable`.
    ///
    /// ### What is right
    /// One id for the user, used as it is by the app's SDK and by the backend.
    ///
    /// ### Example
    /// ```text
    /// backend -> app     200 {"customer_id": "a1f4"}                (for alice; her SDK gets it)
    /// backend -> vendor  POST /predictors {"customer_id": "A1F4"}   <- another
    /// ```
    {
        name: "readback/other-id",
        needs: [ReadBack],
        precondition: "a user whose app was told the id for its SDK, and for whom the client backend reads back under one id",
        monitor: |context| at_the_end(context.lacks_call("sdk_id"), judge),
    }
}

/// The ids that each user's app was told, each with the place of the first answer that contained it.
type KnownIds<'t> = BTreeMap<&'t str, BTreeMap<&'t str, u64>>;

fn judge(requests: &[AppRequest<'_>]) -> Evidence {
    let (told, calls) = (told(requests), read_back(requests));
    let mut evidence = Evidence::default();
    if calls.values().any(|calls| are_several(calls)) {
        return evidence;
    }
    for (user, calls) in calls {
        let (Some(ids), Some(&(call, first))) = (told.get(user), calls.first()) else { continue };
        evidence.exercised += 1;
        if !ids.contains_key(first) {
            evidence.findings.push(finding(user, ids, call, first));
        }
    }
    evidence
}

/// For each user, the calls that read back, each with its id.
fn read_back<'t>(requests: &[AppRequest<'t>]) -> BTreeMap<&'t str, Vec<(u64, &'t str)>> {
    let mut calls: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (user, request) in valid(requests) {
        let ids = request.calls.iter().filter_map(|call| Some((call.opened, id_read_back(call)?)));
        calls.entry(user).or_default().extend(ids);
    }
    calls
}

fn are_several(calls: &[(u64, &str)]) -> bool {
    calls.windows(2).any(|two| two[0].1 != two[1].1)
}

/// The requests of users who named no other user.
fn valid<'r, 't>(requests: &'r [AppRequest<'t>]) -> impl Iterator<Item = (&'t str, &'r AppRequest<'t>)> {
    requests.iter().filter_map(|request| {
        let intent = request.intent.filter(|intent| intent.login == Login::Valid && intent.named.is_none())?;
        Some((intent.user.as_str(), request))
    })
}

fn told<'t>(requests: &[AppRequest<'t>]) -> KnownIds<'t> {
    let mut told = KnownIds::new();
    for (user, request) in valid(requests).filter(|(_, request)| is_about_the_id(request)) {
        let exchange: &'t Exchange = request.exchange;
        let answer = exchange.delivered();
        let id = answer.and_then(|(seq, answer)| Some((seq, answer.outcome.as_ref()?.value.as_deref()?)));
        if let Some((seq, id)) = id {
            told.entry(user).or_default().entry(id).or_insert(seq);
        }
    }
    told
}

fn is_about_the_id(request: &AppRequest<'_>) -> bool {
    request.intent.is_some_and(|intent| intent.call == "sdk_id")
}

fn id_read_back(call: &Exchange) -> Option<&str> {
    let step = call.request.step.as_ref().filter(|step| step.command == CommandName::ReadBack)?;
    step.text(&Field::ExternalId)
}

fn finding(user: &str, told: &BTreeMap<&str, u64>, call: u64, id: &str) -> Finding {
    let known: Vec<_> = told.keys().copied().collect();
    let message =
        format!("the client backend read back under {id}, and told {user}'s app {} for its SDK", known.join(" and "));
    Finding::new(message, told.values().copied().chain([call]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::AppIntent;
    use crate::rules::testing::{
        Story, app, failed, handed, impersonation, no_occasion, response, same_occasion, vendor_call, wish,
    };

    fn of(call: &str, intent: AppIntent) -> AppIntent {
        AppIntent { call: call.to_owned(), ..intent }
    }

    /// A story in which alice's app was told `a1`.
    fn told() -> Story {
        let mut story = Story::new();
        story.call(app(of("sdk_id", wish("alice"))), handed("a1"));
        story
    }

    fn reads(story: &mut Story, intent: AppIntent, id: &str) {
        let asked = story.send(app(of("read_back", intent)));
        story.call(vendor_call(CommandName::ReadBack, "/predictors", id), response(200));
        story.answer(asked, response(200));
    }

    #[test]
    fn the_same_id_holds() {
        let mut story = told();
        reads(&mut story, wish("alice"), "a1");
        reads(&mut story, wish("alice"), "a1");
        assert_eq!(story.passed(&RULE), 1, "another id in the second call alone is the affair of another rule");
        let mut wrong = told();
        reads(&mut wrong, wish("alice"), "A1");
        same_occasion(&RULE, &story, &wrong);
    }

    #[test]
    fn another_id_is_found_with_what_the_app_was_told() {
        let mut story = told();
        reads(&mut story, wish("alice"), "A1");
        let message = "the client backend read back under A1, and told alice's app a1 for its SDK";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![2, 4])]);
    }

    #[test]
    fn ids_by_turns_are_the_affair_of_another_rule() {
        let mut story = told();
        reads(&mut story, wish("alice"), "a1");
        reads(&mut story, wish("alice"), "A1");
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn an_id_that_the_app_was_told_later_holds_too() {
        let mut story = Story::new();
        reads(&mut story, wish("alice"), "a1");
        story.call(app(of("sdk_id", wish("alice"))), handed("a1"));
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_user_whose_app_was_told_nothing_and_one_who_named_another_show_nothing() {
        let mut story = told();
        reads(&mut story, wish("bob"), "b1");
        reads(&mut story, impersonation("alice", "bob"), "b1");
        no_occasion(&RULE, &story);
    }

    #[test]
    fn other_calls_and_failed_answers_show_nothing() {
        let mut story = Story::new();
        story.call(app(of("sdk_id", wish("alice"))), failed(503, "later"));
        reads(&mut story, wish("alice"), "a1");
        let mut story = told();
        story.hand_out("alice", "A1", "credential#1");
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn where_the_app_can_not_ask_for_the_id_it_is_not_testable() {
        let evidence = Story::of(&["call:read_back"]).evidence(&RULE);
        assert_eq!(evidence.not_testable.as_deref(), Some("the configuration gives no [calls.sdk_id]"));
    }

    #[test]
    fn what_other_calls_of_the_app_gave_is_no_id_for_its_sdk() {
        let mut story = Story::new();
        story.call(app(of("credential", wish("alice"))), handed("credential#1"));
        reads(&mut story, wish("alice"), "a1");
        assert_eq!(story.passed(&RULE), 0);
    }
}
