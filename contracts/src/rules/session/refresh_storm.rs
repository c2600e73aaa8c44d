use std::collections::BTreeSet;

use crate::history::Response;
use crate::protocol::{CommandName, Millis, ReplyName, SdkCommandName};
use crate::rules::timelines::{InstallTimeline, carried, each_install, given};
use crate::rules::tracker::Exchange;
use crate::rules::{Context, Evidence, Finding, words};

rule! {
    /// A session that expired is renewed once, however many requests were refused with it.
    ///
    /// ### What is wrong
    /// Requests of an install were refused because its session had expired, and the SDK renewed the session more than
    /// once for them, though no renewal had failed: each within a tenth of a session's life after the one before. Or a request
    /// that was refused with the new token too was sent once more with that same token.
    ///
    /// ### Why it matters
    /// Each renewal ends the token that the one before gave. Requests chase tokens that are void already, are refused
    /// again, and ask for the next renewal; where renewals are limited, the install is locked out.
    ///
    /// ### How it is provoked
    /// Sessions expire while many requests are under way.
    ///
    /// ### What is right
    /// The first refusal starts one renewal; whoever else is refused waits for it, and tries again with the new token.
    ///
    /// ### Example
    /// ```text
    /// sdk -> vendor      POST /sdk/batches  session#1
    /// sdk -> vendor      POST /sdk/permissions  session#1
    /// vendor -> sdk      401 session_expired, to both
    /// sdk -> vendor      POST /sdk/refresh  session#1
    /// sdk -> vendor      POST /sdk/refresh  session#2                  <- renewed a moment ago
    /// ```
    {
        name: "session/refresh-storm",
        subjects: [Sdk],
        needs: [RefreshSession],
        precondition: "a session with which a request was refused as expired, and then a turn of the SDK: a request of it, or a command",
        monitor: |context| {
            let soon = soon(context);
            each_install(None, move |timeline, evidence| judge(timeline, soon, evidence))
        },
    }
}

/// A renewal within this time of another can't be due to the new token's own age.
fn soon(context: &Context<'_>) -> Millis {
    const WEEK: Millis = Millis::from_secs(7 * 86_400);
    Millis::new(context.fact::<Millis>("session.lifetime").unwrap_or(WEEK).get() / 10)
}

fn judge(timeline: &InstallTimeline<'_>, soon: Millis, evidence: &mut Evidence) {
    let refused: Vec<_> = timeline.spoke.iter().copied().filter(|exchange| expired_at(exchange).is_some()).collect();
    let had_turn = |exchange: &&&Exchange| expired_at(exchange).is_some_and(|heard| timeline.had_turn(heard, u64::MAX));
    let mut sessions: Vec<_> =
        refused.iter().filter(had_turn).flat_map(|exchange| carried(exchange, "session")).collect();
    sessions.sort_unstable();
    sessions.dedup();
    let refreshes: Vec<_> = timeline.calls(CommandName::RefreshSession).collect();
    let storms = refreshes.windows(2).filter(|pair| is_storm(timeline, &refused, pair[0], pair[1], soon));
    let findings: Vec<_> = storms.map(|pair| finding(timeline, &refused, pair[0], pair[1])).collect();
    evidence.exercised += (sessions.len() as u64).max(findings.len() as u64);
    evidence.findings.extend(findings);
    evidence.findings.extend(stubborn(timeline, &refused));
}

/// The first request that was refused with an old token and with the new one, and then sent again with the new one.
fn stubborn(timeline: &InstallTimeline<'_>, refused: &[&Exchange]) -> Option<Finding> {
    let is_same = |one: &Exchange, other: &Exchange| {
        let body = |exchange: &Exchange| exchange.request.body.as_ref().map(|body| body.text.clone());
        one.command() == other.command() && body(one) == body(other)
    };
    let is_with_same = |one: &Exchange, other: &Exchange| carried(one, "session").eq(carried(other, "session"));
    let pairs = refused.iter().flat_map(|first| refused.iter().map(move |second| (*first, *second)));
    let after = |first: &Exchange, second: &Exchange| expired_at(first).is_some_and(|heard| heard < second.opened);
    // A session from another sign-in has nothing to do with the earlier refusals.
    let renewed: BTreeSet<&str> =
        timeline.calls(CommandName::RefreshSession).flat_map(|renewal| given(renewal, "session")).collect();
    let is_renewed = |exchange: &Exchange| carried(exchange, "session").any(|session| renewed.contains(session));
    let is_asked = |second: &Exchange, third: &Exchange| {
        timeline.was_told(&[SdkCommandName::Forget, SdkCommandName::SyncNow], second.opened, third.opened)
    };
    let refused_twice = pairs.filter(|(first, second)| {
        after(first, second) && is_same(first, second) && !is_with_same(first, second) && is_renewed(second)
    });
    refused_twice.into_iter().find_map(|(first, second)| {
        let is_third = |third: &Exchange| {
            after(second, third) && is_same(second, third) && is_with_same(second, third) && !is_asked(second, third)
        };
        let third = timeline.spoke.iter().find(|third| is_third(third))?;
        let called = words::operation(&third.request);
        let message =
            format!("the SDK of {} sent {called} again with a new token that had just been refused", timeline.install);
        Some(Finding::new(message, [first.opened, second.opened, third.opened]))
    })
}

fn is_storm(
    timeline: &InstallTimeline<'_>,
    refused: &[&Exchange],
    first: &Exchange,
    second: &Exchange,
    soon: Millis,
) -> bool {
    let is_after_a_refusal = refused.iter().filter_map(|exchange| expired_at(exchange)).any(|seq| seq < first.opened);
    let is_soon = second.began.at.since(first.began.at) < soon;
    let ended = first.answer_in_place().map_or(first.opened, |(seq, _)| seq);
    // A new token that was refused too may have to be renewed, for any reason.
    let is_new_refused = timeline
        .spoke
        .iter()
        .any(|exchange| exchange.opened > ended && refused_at(exchange).is_some_and(|seq| seq < second.opened));
    is_after_a_refusal && is_soon && !is_new_refused && !first.has_failed_before(second.opened)
}

/// The place of the answer that a request's session had expired. A bare 401 counts too.
fn expired_at(exchange: &Exchange) -> Option<u64> {
    let says_so =
        |answer: &Response| answer.reply.map_or(answer.status == 401, |reply| reply == ReplyName::SessionExpired);
    exchange.delivered().filter(|(_, answer)| asks_for_more(exchange) && says_so(answer)).map(|(seq, _)| seq)
}

fn asks_for_more(exchange: &Exchange) -> bool {
    !matches!(exchange.command(), Some(CommandName::CreateUser | CommandName::RefreshSession))
}

/// The place of the answer that a request's session is not accepted, for any reason.
fn refused_at(exchange: &Exchange) -> Option<u64> {
    let is_about_session = |reply: ReplyName| reply.is_refusal() && reply.as_str().starts_with("session_");
    let says_so = |answer: &Response| answer.reply.map_or(answer.status == 401, is_about_session);
    exchange.delivered().filter(|(_, answer)| asks_for_more(exchange) && says_so(answer)).map(|(seq, _)| seq)
}

fn finding(timeline: &InstallTimeline<'_>, refused: &[&Exchange], first: &Exchange, second: &Exchange) -> Finding {
    let earlier: Vec<_> = refused.iter().filter(|exchange| exchange.opened < first.opened).collect();
    let message = format!(
        "the SDK of {} renewed its session again {} after it had begun to, though nothing had failed",
        timeline.install,
        second.began.at.since(first.began.at)
    );
    let proof = earlier.iter().map(|exchange| exchange.opened).chain([first.opened, second.opened]);
    Finding::new(message, proof)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::testing::{
        Story, answered, create, no_occasion, refused, response, same_occasion, sdk, signed_in, submit,
    };

    fn refresh(session: &str) -> crate::history::Request {
        sdk("phone", CommandName::RefreshSession, Some(session), json!({}))
    }

    fn renewed(session: &str) -> Response {
        answered(ReplyName::SessionRefreshed, json!({"session": session}))
    }

    /// Two batches, refused for one expired session.
    fn expiry() -> Story {
        let mut story = Story::new();
        for batch in ["b-1", "b-2"] {
            story.call(submit("phone", "session#1", batch, &["i-1"]), refused(ReplyName::SessionExpired));
        }
        story
    }

    #[test]
    fn one_renewal_for_all_holds_and_the_same_expiry_with_two_is_found() {
        let (mut right, mut wrong) = (expiry(), expiry());
        right.call(refresh("session#1"), renewed("session#2"));
        wrong.call(refresh("session#1"), renewed("session#2"));
        wrong.call(refresh("session#2"), renewed("session#3"));
        same_occasion(&RULE, &right, &wrong);
        let mut unfinished = Story::new();
        unfinished.call(submit("phone", "session#1", "b-1", &["i-1"]), refused(ReplyName::SessionExpired));
        no_occasion(&RULE, &unfinished);
    }

    #[test]
    fn a_renewal_for_each_is_found() {
        let mut story = expiry();
        story.call(refresh("session#1"), renewed("session#2"));
        story.pass(5);
        story.call(refresh("session#2"), renewed("session#3"));
        let message = "the SDK of phone renewed its session again 5ms after it had begun to, though nothing had failed";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1, 3, 5, 7])]);
    }

    #[test]
    fn renewals_at_once_are_found() {
        let mut story = expiry();
        let (first, second) = (story.send(refresh("session#1")), story.send(refresh("session#1")));
        story.answer(first, renewed("session#2"));
        story.answer(second, refused(ReplyName::SessionWasEnded));
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn a_renewal_after_one_that_failed_holds() {
        let mut story = expiry();
        story.call(refresh("session#1"), refused(ReplyName::Unavailable));
        story.call(refresh("session#1"), renewed("session#2"));
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_new_token_that_expires_is_renewed_in_its_turn() {
        let mut story = expiry();
        story.call(refresh("session#1"), renewed("session#2"));
        story.call(submit("phone", "session#2", "b-1", &["i-1"]), refused(ReplyName::SessionExpired));
        story.call(refresh("session#2"), renewed("session#3"));
        assert_eq!(story.passed(&RULE), 2);
    }

    #[test]
    fn a_new_token_that_was_ended_may_be_renewed_in_vain() {
        let mut story = expiry();
        story.call(refresh("session#1"), renewed("session#2"));
        story.call(submit("phone", "session#2", "b-1", &["i-1"]), refused(ReplyName::SessionWasEnded));
        story.call(refresh("session#2"), refused(ReplyName::SessionWasEnded));
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_renewal_ahead_of_need_much_later_holds() {
        let mut story = expiry();
        story.call(refresh("session#1"), renewed("session#2"));
        story.pass(6 * 86_400_000);
        story.call(refresh("session#2"), renewed("session#3"));
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_request_that_comes_again_with_a_new_token_that_was_refused_is_found() {
        let batch = |session: &str| submit("phone", session, "b-1", &["i-1"]);
        let mut story = expiry();
        story.call(refresh("session#1"), renewed("session#2"));
        story.call(batch("session#2"), refused(ReplyName::SessionExpired));
        assert_eq!(story.passed(&RULE), 1);
        story.call(batch("session#2"), refused(ReplyName::SessionExpired));
        let message = "the SDK of phone sent submit_batch again with a new token that had just been refused";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1, 7, 9])]);
    }

    #[test]
    fn what_failed_otherwise_may_come_again_with_the_new_token() {
        let batch = || submit("phone", "session#2", "b-1", &["i-1"]);
        let mut story = expiry();
        story.call(refresh("session#1"), renewed("session#2"));
        story.call(batch(), refused(ReplyName::Unavailable));
        story.call(batch(), response(200));
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_single_refusal_asks_for_one_renewal() {
        let mut story = Story::new();
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), refused(ReplyName::SessionExpired));
        story.call(refresh("session#1"), renewed("session#2"));
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_token_that_another_sign_in_gave_and_what_the_app_asks_for_anew_hold() {
        let erase = |session: &str| sdk("phone", CommandName::EraseUser, Some(session), json!({}));
        let expired = || refused(ReplyName::SessionExpired);
        let mut signed_in_again = Story::new();
        signed_in_again.call(erase("session#1"), expired());
        signed_in_again.call(create("phone", "credential#2"), signed_in("5a18", "session#2"));
        signed_in_again.call(erase("session#2"), expired());
        signed_in_again.call(erase("session#2"), expired());
        assert_eq!(signed_in_again.passed(&RULE), 2);
        let mut asked = Story::new();
        asked.call(erase("session#1"), expired());
        asked.call(refresh("session#1"), renewed("session#2"));
        asked.call(erase("session#2"), expired());
        asked.told("phone", SdkCommandName::Forget, json!({}));
        asked.call(erase("session#2"), expired());
        assert_eq!(asked.passed(&RULE), 2);
    }
}
