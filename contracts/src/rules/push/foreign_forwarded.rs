use serde_json::Value;

use crate::protocol::OrderName;
use crate::rules::batches::{is_hopeful, submits};
use crate::rules::lives::{Life, Told, each_life};
use crate::rules::{Evidence, Finding, words};

rule! {
    /// A push that is not the vendor's moves an SDK to nothing.
    ///
    /// ### What is wrong
    /// The SDK was handed a push of somebody else, and before anything else happened it sent something to the vendor.
    ///
    /// ### Why it matters
    /// An app gets pushes all day. If each wakes the SDK, the battery pays for it; and whoever can send the app a push can
    /// drive its SDK.
    ///
    /// ### How it is provoked
    /// The app hands over a push without the vendor's mark, as apps do that forward everything.
    ///
    /// ### What is right
    /// The SDK looks for the vendor's mark first and says that the push is none of its own.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         forward_push {"title": "Two for one on pizza"}
    /// sdk -> vendor      POST /sdk/batches  session#1
    /// ```
    {
        name: "push/foreign-forwarded",
        subjects: [Sdk],
        needs: [Push],
        antecedent: "a push of somebody else that the SDK was handed",
        monitor: |context| each_life(context.lacks_orders(&["forward_push"]), judge),
    }
}

fn judge(life: &Life<'_>, evidence: &mut Evidence) {
    for push in life.orders(&[OrderName::ForwardPush]).filter(|told| is_foreign(told)) {
        // What is due to be tried again may come at any time, push or not.
        let is_due = submits(life).into_iter().rfind(|submit| submit.opened < push.seq).is_some_and(is_hopeful);
        if is_due {
            continue;
        }
        evidence.exercised += 1;
        let next = life.told.iter().find(|told| told.seq > push.seq).map_or(u64::MAX, |told| told.seq);
        let caused = life.spoke.iter().find(|exchange| push.seq < exchange.opened && exchange.opened < next);
        if let Some(caused) = caused {
            let called = words::operation(&caused.request);
            let message =
                format!("the SDK of {} was handed a push that is not the vendor's, and sent {called}", life.install);
            evidence.findings.push(Finding::new(message, [push.seq, caused.opened]));
        }
    }
}

/// The harness notes which pushes it made up in somebody else's name.
fn is_foreign(told: &Told) -> bool {
    told.call.arguments.get("foreign").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::testing::{Story, response, submit};

    fn pushed(arguments: Value, what: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of(&["sdk", "sdk:forward_push"]);
        let push = story.call_of("phone", OrderName::ForwardPush, arguments, None);
        what(&mut story);
        story.returned(push, true);
        story
    }

    fn batch(story: &mut Story) {
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(200));
    }

    #[test]
    fn silence_after_a_foreign_push_holds() {
        assert_eq!(pushed(json!({"foreign": true}), |_| {}).held(&RULE), 1);
    }

    #[test]
    fn a_request_upon_a_foreign_push_is_found() {
        let message = "the SDK of phone was handed a push that is not the vendor's, and sent submit_batch";
        assert_eq!(pushed(json!({"foreign": true}), batch).findings(&RULE), [(message.to_owned(), vec![1, 2])]);
    }

    #[test]
    fn the_vendors_own_push_and_later_orders_are_not_judged() {
        assert_eq!(pushed(json!({}), batch).held(&RULE), 0);
        let mut later = pushed(json!({"foreign": true}), |_| {});
        later.told("phone", OrderName::Advance, json!({"by_ms": 60_000}));
        batch(&mut later);
        assert_eq!(later.held(&RULE), 1);
    }

    #[test]
    fn a_retry_that_is_due_is_no_answer_to_a_push() {
        let mut story = Story::of(&["sdk", "sdk:forward_push"]);
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(503));
        story.call_of("phone", OrderName::ForwardPush, json!({"foreign": true}), None);
        batch(&mut story);
        assert_eq!(story.held(&RULE), 0);
    }
}
