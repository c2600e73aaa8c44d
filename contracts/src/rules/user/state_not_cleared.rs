use std::collections::BTreeSet;

use crate::protocol::{CommandName, OrderName};
use crate::rules::lives::{Life, carried, each_life, given, whose};
use crate::rules::{Evidence, Finding, words};

rule! {
    /// After a reset, a later start of the app knows nothing of the user who was there.
    ///
    /// ### What is wrong
    /// The app reset its SDK or had its user forgotten, and that was done. After the next start of the app the SDK used a
    /// session from before, or signed the old user in again, though nobody had asked for it.
    ///
    /// ### Why it matters
    /// Whoever picks the device up next is taken for the one who left. A reset that only empties the memory is none.
    ///
    /// ### How it is provoked
    /// The app is reset, killed and started again on the same storage. What happens before the next start is the affair of
    /// `session/used-after-end`.
    ///
    /// ### What is right
    /// Sessions, credentials, queues and the user's id leave the storage before the reset is said to be done. To end the
    /// session and to erase the user it may still be used.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         reset
    /// app -> sdk         kill, launch
    /// sdk -> vendor      POST /sdk/batches  session#1                  <- still there
    /// ```
    {
        name: "user/state-not-cleared",
        subjects: [Sdk],
        needs: [CreateUser],
        antecedent: "a start of the app after its SDK, which had a user, was reset",
        monitor: |context| each_life(context.lacks_orders(&["reset"]), judge),
    }
}

fn judge(life: &Life<'_>, evidence: &mut Evidence) {
    for reset in life.orders(&[OrderName::Reset, OrderName::Forget]) {
        let Some(done) = reset.done() else { continue };
        let Some(launch) = life.orders(&[OrderName::Launch]).find(|told| told.seq > done) else { continue };
        let before: Vec<_> = life.spoke.iter().copied().filter(|exchange| exchange.opened < done).collect();
        let sessions: BTreeSet<_> = before.iter().flat_map(|exchange| given(exchange, "session")).collect();
        let old = life.calls(CommandName::CreateUser).rfind(|create| create.opened < done && create.is_done());
        let Some(old) = old.filter(|_| !sessions.is_empty()) else { continue };
        evidence.exercised += 1;
        let again = life.spoke.iter().copied().filter(|exchange| exchange.opened > launch.seq).find(|exchange| {
            let is_ending = matches!(exchange.command(), Some(CommandName::EndSession | CommandName::EraseUser));
            let uses_old = carried(exchange, "session").any(|label| sessions.contains(label)) && !is_ending;
            let is_create = exchange.command() == Some(CommandName::CreateUser) && exchange.is_done();
            let is_asked = life.was_told(&[OrderName::CreateUser], done, exchange.opened);
            uses_old || is_create && !is_asked && whose(exchange) == whose(old)
        });
        let is_told = |opened: u64| evidence.findings.iter().any(|finding: &Finding| finding.events.contains(&opened));
        if let Some(again) = again.filter(|again| !is_told(again.opened)) {
            let message = format!(
                "the SDK of {} acted as its old user with {} after a {} and another start of its app",
                life.install,
                words::operation(&again.request),
                reset.call.name
            );
            evidence.findings.push(Finding::new(message, [done, launch.seq, again.opened]));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::testing::{Story, create, response, signed_in, submit};

    fn story(what: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of(&["sdk", "sdk:reset"]);
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        story.told("phone", OrderName::Reset, json!({}));
        story.told("phone", OrderName::Launch, json!({}));
        what(&mut story);
        story
    }

    #[test]
    fn a_start_that_knows_nobody_holds() {
        assert_eq!(story(|_| {}).held(&RULE), 1);
    }

    #[test]
    fn a_session_from_before_is_found() {
        let story = story(|story| story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(401)));
        let message =
            "the SDK of phone acted as its old user with submit_batch after a reset and another start of its app";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![4, 5, 7])]);
    }

    #[test]
    fn the_old_user_signed_in_unasked_is_found() {
        let story = story(|story| story.call(create("phone", "credential#2"), signed_in("5a18", "session#2")));
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn the_same_user_holds_if_the_app_asks_for_it() {
        let story = story(|story| {
            let order = story.call_of("phone", OrderName::CreateUser, json!({}), Some("alice"));
            story.call(create("phone", "credential#2"), signed_in("5a18", "session#2"));
            story.returned(order, true);
        });
        assert_eq!(story.held(&RULE), 1);
    }

    #[test]
    fn an_sdk_that_had_no_user_shows_nothing() {
        let mut story = Story::of(&["sdk", "sdk:reset"]);
        story.told("phone", OrderName::Reset, json!({}));
        story.told("phone", OrderName::Launch, json!({}));
        assert_eq!(story.held(&RULE), 0);
    }
}
