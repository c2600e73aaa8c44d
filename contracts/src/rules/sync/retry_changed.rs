use crate::rules::batches::{batch_id, ids, is_same_content, is_unknown, submits};
use crate::rules::timelines::{InstallTimeline, each_install};
use crate::rules::tracker::Exchange;
use crate::rules::{Evidence, Finding};

rule! {
    /// A batch that is sent again is the same batch.
    ///
    /// ### What is wrong
    /// A batch came again under its id with other content. Or, where the vendor knows batches again by their ids, items of
    /// which nobody knows whether they were kept came again under a new id.
    ///
    /// ### Why it matters
    /// The id is how the vendor keeps a batch once that comes twice. Other content under a known id is thrown away unread;
    /// known content under another id is kept twice.
    ///
    /// ### How it is provoked
    /// Batches fail: before the vendor has them, and after, when only the answer is lost. More is recorded meanwhile.
    ///
    /// ### What is right
    /// As long as it is not known whether a batch was kept, it comes again unchanged, under its id. What was surely not kept
    /// may be put together anew. An item that was kept for sure and comes again is the affair of `sync/item-repeated`.
    ///
    /// ### Example
    /// ```text
    /// sdk -> vendor      POST /sdk/batches  {"batch_id": "b-1", "items": [i-1]}
    ///                    (the answer is lost)
    /// sdk -> vendor      POST /sdk/batches  {"batch_id": "b-1", "items": [i-1, i-2]}   <- i-2 is never read
    /// ```
    {
        name: "sync/retry-changed",
        subjects: [Sdk],
        needs: [SubmitBatch],
        precondition: "a batch that was not refused for good and came again under its id, or items that came again of which nobody knows whether they were kept, where the vendor knows batches by their ids",
        blind_without: [("sdk:advance", "a batch that waits while items are recorded")],
        monitor: |context| {
            let by_batch = context.fact::<String>("sync.dedupe").is_some_and(|by| by == "batch");
            each_install(None, move |timeline, evidence| judge(timeline, by_batch, evidence))
        },
    }
}

fn judge(timeline: &InstallTimeline<'_>, by_batch: bool, evidence: &mut Evidence) {
    let submits = submits(timeline);
    for (place, again) in submits.iter().enumerate() {
        let earlier = &submits[..place];
        let same_id = earlier.iter().rev().find(|one| batch_id(one).is_some() && batch_id(one) == batch_id(again));
        let same_items = earlier.iter().rev().find(|one| !ids(one).is_disjoint(&ids(again)));
        let may_change = same_id.is_some_and(|first| !was_refused(first));
        let may_be_renamed = same_items.is_some_and(|first| by_batch && is_unknown(first) && batch_id(first).is_some());
        evidence.exercised += u64::from(may_change || may_be_renamed);
        if let Some(first) = same_id.filter(|first| !is_same_content(first, again) && !was_refused(first)) {
            let message = format!("the SDK of {} sent a batch again under its id with other content", timeline.install);
            evidence.findings.push(Finding::new(message, [first.opened, again.opened]));
        } else if let Some(first) = same_items.filter(|first| by_batch && is_renamed(first, again)) {
            let message = format!(
                "the SDK of {} sent items under a new batch id, though nobody knew whether they had been kept under the old one",
                timeline.install
            );
            evidence.findings.push(Finding::new(message, [first.opened, again.opened]));
        }
    }
}

/// A batch that was refused for good may be changed.
fn was_refused(submit: &Exchange) -> bool {
    submit.definitive().is_some() && !submit.is_done()
}

fn is_renamed(first: &Exchange, again: &Exchange) -> bool {
    is_unknown(first) && batch_id(first).is_some() && batch_id(first) != batch_id(again)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Fate, Response};
    use crate::protocol::ReplyName;
    use crate::rules::testing::{Story, answered, no_occasion, refused, response, same_occasion, submit};

    fn lost() -> Response {
        Response { fate: Fate::Lost, ..answered(ReplyName::BatchAccepted, serde_json::json!({})) }
    }

    fn story(answer: Response, batch: &str, items: &[&str]) -> Story {
        let mut story = Story::new().knowing("sync.dedupe", "batch");
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), answer);
        story.call(submit("phone", "session#1", batch, items), response(200));
        story
    }

    #[test]
    fn the_same_batch_again_holds() {
        assert_eq!(story(lost(), "b-1", &["i-1"]).passed(&RULE), 1);
        assert_eq!(story(response(503), "b-1", &["i-1"]).passed(&RULE), 1);
        same_occasion(&RULE, &story(lost(), "b-1", &["i-1"]), &story(lost(), "b-1", &["i-1", "i-2"]));
        same_occasion(&RULE, &story(lost(), "b-1", &["i-1"]), &story(lost(), "b-2", &["i-1"]));
    }

    #[test]
    fn other_content_under_an_id_is_found() {
        let message = "the SDK of phone sent a batch again under its id with other content";
        assert_eq!(story(lost(), "b-1", &["i-1", "i-2"]).findings(&RULE), [(message.to_owned(), vec![1, 3])]);
    }

    #[test]
    fn items_of_unknown_outcome_under_a_new_id_are_found() {
        let message = "the SDK of phone sent items under a new batch id, though nobody knew whether they had been kept under \
                       the old one";
        for unknown in [lost(), response(502), response(200)] {
            assert_eq!(story(unknown, "b-2", &["i-1", "i-2"]).findings(&RULE), [(message.to_owned(), vec![1, 3])]);
        }
    }

    #[test]
    fn what_was_surely_not_kept_may_be_put_together_anew() {
        for reply in [ReplyName::Unavailable, ReplyName::Throttled, ReplyName::SessionExpired] {
            no_occasion(&RULE, &story(refused(reply), "b-2", &["i-1", "i-2"]));
        }
        no_occasion(&RULE, &story(refused(ReplyName::BatchTooLarge), "b-1", &[]));
    }

    #[test]
    fn where_items_are_known_again_a_new_id_holds() {
        let mut story = Story::new().knowing("sync.dedupe", "item");
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), lost());
        story.call(submit("phone", "session#1", "b-2", &["i-1", "i-2"]), response(200));
        no_occasion(&RULE, &story);
    }

    #[test]
    fn other_batches_are_not_judged() {
        assert_eq!(story(lost(), "b-2", &["i-2"]).passed(&RULE), 0);
    }
}
