use std::collections::{BTreeMap, BTreeSet};

use crate::history::Response;
use crate::rules::at_the_end::at_the_end;
use crate::rules::people::{SentId, about};
use crate::rules::tracker::{AppRequest, Exchange};
use crate::rules::{Evidence, Finding, words};

rule! {
    /// A key that the vendor refused is not tried again and again for one request of the app.
    ///
    /// ### What is wrong
    /// The vendor refused the server key, the backend heard it, and for the same request of its app it made two or more
    /// further calls with that key, about the same user.
    ///
    /// ### Why it matters
    /// A revoked key does not come back to life. Each further call keeps the app waiting, and a fleet of backends that
    /// retry looks to the vendor like somebody who guesses keys.
    ///
    /// ### How it is provoked
    /// The key is revoked, expires or loses its scope, and an app asks. A refusal is a reply about the key, or a 401 or 403
    /// that stands in for one. One further call is forgiven: the backend may have read its key anew. So are all calls after
    /// one that the vendor did not refuse: the key is good again. A refusal of a call that repeats another is no occasion of its
    /// own.
    ///
    /// ### What is right
    /// The backend tells its app that it failed, and tells its operators why.
    ///
    /// ### Example
    /// ```text
    /// app -> backend     POST /credential
    /// backend -> vendor  POST /auth  authorization: Bearer server_key#1
    /// vendor -> backend  401 key_revoked
    /// backend -> vendor  POST /auth  authorization: Bearer server_key#1
    /// backend -> vendor  POST /auth  authorization: Bearer server_key#1      <- the second call too many
    /// ```
    {
        name: "key/retried-after-refusal",
        needs: [],
        precondition: "a refusal of the server key, heard while one request of the app was open, and the answer to that request",
        monitor: |context| at_the_end(context.lacks_app(), judge),
    }
}

/// The number of calls with a refused key that are tolerated.
const FORGIVEN: usize = 1;

fn judge(requests: &[AppRequest<'_>]) -> Evidence {
    let mut evidence = Evidence::default();
    for request in requests {
        judge_one(request, &mut evidence);
    }
    evidence
}

fn judge_one(request: &AppRequest<'_>, evidence: &mut Evidence) {
    let mut convicted = BTreeSet::new();
    let mut judged_until: BTreeMap<(&str, Option<SentId<'_>>), u64> = BTreeMap::new();
    for refused in &request.calls {
        let Some((heard, _)) = refused.delivered().filter(|(_, answer)| is_refusal_of_key(answer)) else { continue };
        let had_turn = request.exchange.answer_in_place().is_some_and(|(answered, _)| answered > heard);
        for key in keys(refused) {
            // A call about another user is not a retry. The backend may be fetching a credential in advance.
            let good_again = accepted_after(heard, key, request);
            let is_first =
                judged_until.get(&(key, about(refused))).is_none_or(|until| refused.opened > *until) && had_turn;
            if is_first {
                evidence.exercised += 1;
                judged_until.insert((key, about(refused)), good_again);
            }
            let is_again = |call: &&&Exchange| {
                (heard..good_again).contains(&call.opened) && keys(call).contains(key) && about(call) == about(refused)
            };
            let again: Vec<_> = request.calls.iter().filter(is_again).collect();
            // Only the first refusal of a key is reported. Each later one would repeat a part of it.
            if again.len() > FORGIVEN && convicted.insert(key) {
                let app = words::app(request.intent);
                let times = again.len();
                let message = format!(
                    "after the vendor refused {key}, the client backend used it {times} more times for one request of {app}"
                );
                let proof = [request.exchange.opened, refused.opened, heard];
                evidence
                    .findings
                    .push(Finding::new(message, proof.into_iter().chain(again.iter().map(|call| call.opened))));
            }
        }
    }
}

/// The place of the first answer after `heard` that shows the vendor accepts the key again.
fn accepted_after(heard: u64, key: &str, request: &AppRequest<'_>) -> u64 {
    let later = request.calls.iter().filter(|call| call.opened > heard && keys(call).contains(key));
    let accepted = later.filter_map(|call| call.delivered()).filter(|(_, answer)| is_success(answer));
    accepted.map(|(seq, _)| seq).min().unwrap_or(u64::MAX)
}

fn is_success(answer: &Response) -> bool {
    answer.reply.is_some_and(|reply| !reply.is_refusal())
}

fn is_refusal_of_key(answer: &Response) -> bool {
    answer.reply.map_or(matches!(answer.status, 401 | 403), crate::protocol::ReplyName::is_about_key)
}

fn keys(call: &Exchange) -> BTreeSet<&str> {
    let keys = call.request.placeholders.iter().filter(|placeholder| placeholder.kind() == "server_key");
    keys.map(|placeholder| placeholder.label.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Fate;
    use crate::protocol::ReplyName;
    use crate::rules::testing::{
        Story, app, failed, issue, issued, no_occasion, refused, response, same_occasion, wish,
    };

    /// One request of the app, for which the backend makes calls with these answers.
    fn story(answers: Vec<Response>) -> Story {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        for answer in answers {
            story.call(issue("a-1"), answer);
        }
        story.answer(asked, failed(502, "sorry"));
        story
    }

    #[test]
    fn one_more_call_is_forgiven() {
        let revoked = || refused(ReplyName::KeyRevoked);
        assert_eq!(story(vec![revoked()]).passed(&RULE), 1);
        assert_eq!(story(vec![revoked(), revoked()]).passed(&RULE), 1);
    }

    #[test]
    fn the_same_refusal_convicts_and_one_after_which_the_history_ends_does_not() {
        let revoked = |times| story((0..times).map(|_| refused(ReplyName::KeyRevoked)).collect());
        same_occasion(&RULE, &revoked(2), &revoked(3));
        let mut unfinished = revoked(1);
        unfinished.events.pop();
        no_occasion(&RULE, &unfinished);
    }

    #[test]
    fn a_key_that_is_good_again_may_be_used_as_often_as_it_takes() {
        let good = || issued("credential#1");
        let revoked = || refused(ReplyName::KeyRevoked);
        assert_eq!(story(vec![revoked(), good(), good(), good()]).passed(&RULE), 1);
        assert_eq!(story(vec![revoked(), revoked(), good(), good()]).findings(&RULE).len(), 1);
    }

    #[test]
    fn two_more_calls_are_found_once() {
        let revoked = || refused(ReplyName::KeyRevoked);
        let message = "after the vendor refused server_key#1, the client backend used it 3 more times for one request of \
                       alice's app";
        let story = story(vec![revoked(), revoked(), revoked(), revoked()]);
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1, 2, 3, 4, 6, 8])]);
    }

    #[test]
    fn a_bare_401_or_403_is_a_refusal_too() {
        for status in [401, 403] {
            let story = story(vec![response(status), response(status), response(status)]);
            assert_eq!(story.findings(&RULE).len(), 1, "{status}");
        }
    }

    #[test]
    fn retries_of_anything_else_are_not_judged() {
        let busy = || refused(ReplyName::Unavailable);
        assert_eq!(story(vec![busy(), busy(), busy(), issued("credential#1")]).passed(&RULE), 0);
    }

    #[test]
    fn a_refusal_that_was_never_heard_is_not_judged() {
        let lost = || Response { fate: Fate::Lost, ..refused(ReplyName::KeyRevoked) };
        assert_eq!(story(vec![lost(), lost(), lost()]).passed(&RULE), 0);
    }

    #[test]
    fn requests_that_overlap_are_not_judged() {
        let mut story = Story::new();
        story.send(app(wish("alice")));
        story.send(app(wish("bob")));
        for _ in 0..4 {
            story.call(issue("a-1"), refused(ReplyName::KeyRevoked));
        }
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn calls_for_other_users_are_not_tries_of_this_one() {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        for id in ["a-1", "b-1", "c-1", "a-1", "d-1"] {
            story.call(issue(id), refused(ReplyName::KeyRevoked));
        }
        story.answer(asked, failed(502, "sorry"));
        assert_eq!(story.passed(&RULE), 4, "the second for one user repeats the first");
    }

    #[test]
    fn another_key_is_another_matter() {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        story.call(issue("a-1"), refused(ReplyName::KeyRevoked));
        for _ in 0..3 {
            let mut call = issue("a-1");
            call.headers[0].1 = "Bearer server_key#2".to_owned();
            story.call(call, issued("credential#1"));
        }
        story.answer(asked, failed(502, "sorry"));
        assert_eq!(story.passed(&RULE), 1);
    }
}
