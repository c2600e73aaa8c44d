use std::collections::BTreeMap;

use crate::protocol::{CommandName, OrderName};
use crate::rules::lives::{Life, carried, each_life, given};
use crate::rules::tracker::Exchange;
use crate::rules::{Evidence, Finding, words};

rule! {
    /// A session that was ended is not used any more.
    ///
    /// ### What is wrong
    /// The app reset its SDK, had the user forgotten, or the SDK itself gave its session up; this was done, and later, in the
    /// same run of the app, a request with that session went to the vendor.
    ///
    /// ### Why it matters
    /// The person signed out and is watched on. Where the vendor still takes the session, what was recorded since belongs to
    /// whoever uses the device now, and is filed under the one who left.
    ///
    /// ### How it is provoked
    /// A user signs out, is forgotten, or another one signs in, while the queue is full and a sync is under way.
    ///
    /// ### What is right
    /// With the end of a session all timers and queues that belong to it end. To end it and to erase its user, it may be
    /// used; requests that had begun before may run out. What an app does that is started again afterwards is the affair of
    /// `user/state-not-cleared`.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         reset
    /// sdk -> app         done
    /// sdk -> vendor      POST /sdk/batches  session#1                  <- the timer ran on
    /// ```
    {
        name: "session/used-after-end",
        subjects: [Sdk],
        needs: [CreateUser],
        antecedent: "an SDK that held a session, and whose session was ended",
        monitor: |context| {
            let by_reset = context.fact("session.ended_by_reset").unwrap_or(true);
            each_life(None, move |life, evidence| judge(life, by_reset, evidence))
        },
    }
}

fn judge(life: &Life<'_>, by_reset: bool, evidence: &mut Evidence) {
    for (session, ended) in ends(life, by_reset) {
        evidence.exercised += 1;
        let started_anew = life.orders(&[OrderName::Launch]).map(|told| told.seq).find(|seq| *seq > ended);
        let within = ended..started_anew.unwrap_or(u64::MAX);
        let is_use = |exchange: &&Exchange| {
            let is_ending = matches!(exchange.command(), Some(CommandName::EndSession | CommandName::EraseUser));
            within.contains(&exchange.opened)
                && !is_ending
                && carried(exchange, "session").any(|label| label == session)
        };
        if let Some(again) = life.spoke.iter().copied().find(is_use) {
            let called = words::operation(&again.request);
            let message = format!("the SDK of {} used {session} for {called} after it had been ended", life.install);
            evidence.findings.push(Finding::new(message, [ended, again.opened]));
        }
    }
}

/// Each session that was given up, with the place where that was done.
fn ends<'l>(life: &Life<'l>, by_reset: bool) -> BTreeMap<&'l str, u64> {
    let mut ends = BTreeMap::new();
    let last = |place: u64| {
        let earlier = life.spoke.iter().copied().filter(|exchange| exchange.opened < place && exchange.is_done());
        earlier.filter_map(|exchange| given(exchange, "session").next()).next_back()
    };
    let mut note = |session: Option<&'l str>, place: u64| {
        if let Some(session) = session {
            ends.entry(session).or_insert(place);
        }
    };
    let orders: &[OrderName] = if by_reset { &[OrderName::Reset, OrderName::Forget] } else { &[OrderName::Forget] };
    for told in life.orders(orders) {
        let Some(done) = told.done() else { continue };
        note(last(told.seq), done);
    }
    let ending = life.spoke.iter().filter(|exchange| {
        exchange.command() == Some(CommandName::EraseUser)
            || by_reset && exchange.command() == Some(CommandName::EndSession)
    });
    for exchange in ending {
        let Some(heard) = exchange.heard_done() else { continue };
        note(carried(exchange, "session").next(), heard);
    }
    ends
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::ReplyName;
    use crate::rules::testing::{Story, answered, create, response, sdk, signed_in, submit};

    fn story(what: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of(&["sdk"]);
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        what(&mut story);
        story
    }

    fn late() -> crate::history::Request {
        submit("phone", "session#1", "b-1", &["i-1"])
    }

    #[test]
    fn an_sdk_that_is_quiet_after_a_reset_holds() {
        assert_eq!(story(|story| story.told("phone", OrderName::Reset, json!({}))).held(&RULE), 1);
    }

    #[test]
    fn a_batch_after_a_reset_or_forget_is_found() {
        for order in [OrderName::Reset, OrderName::Forget] {
            let story = story(|story| {
                story.told("phone", order, json!({}));
                story.call(late(), response(200));
            });
            let message = "the SDK of phone used session#1 for submit_batch after it had been ended";
            assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![4, 5])]);
        }
    }

    #[test]
    fn a_batch_after_the_sdk_gave_its_session_up_is_found() {
        let story = story(|story| {
            let end = sdk("phone", CommandName::EndSession, Some("session#1"), json!({}));
            story.call(end, answered(ReplyName::SessionEnded, json!({})));
            story.call(late(), response(401));
        });
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn ending_itself_and_what_began_before_hold() {
        let story = story(|story| {
            let reset = story.call_of("phone", OrderName::Reset, json!({}), None);
            let open = story.send(late());
            story.returned(reset, true);
            story.answer(open, response(200));
            let end = sdk("phone", CommandName::EndSession, Some("session#1"), json!({}));
            story.call(end, answered(ReplyName::SessionEnded, json!({})));
        });
        assert_eq!(story.held(&RULE), 1);
    }

    #[test]
    fn a_new_session_is_another_matter() {
        let story = story(|story| {
            story.told("phone", OrderName::Reset, json!({}));
            story.call(create("phone", "credential#2"), signed_in("9c07", "session#2"));
            story.call(submit("phone", "session#2", "b-1", &["i-1"]), response(200));
        });
        assert_eq!(story.held(&RULE), 1);
    }

    #[test]
    fn a_reset_that_failed_ends_nothing_and_another_start_is_anothers_affair() {
        let failed = story(|story| {
            let reset = story.call_of("phone", OrderName::Reset, json!({}), None);
            story.returned(reset, false);
            story.call(late(), response(200));
        });
        assert_eq!(failed.held(&RULE), 0);
        let restarted = story(|story| {
            story.told("phone", OrderName::Reset, json!({}));
            story.told("phone", OrderName::Launch, json!({}));
            story.call(late(), response(200));
        });
        assert_eq!(restarted.held(&RULE), 1);
    }
}
