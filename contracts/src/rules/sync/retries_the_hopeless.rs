use crate::history::Response;
use crate::protocol::ReplyName;
use crate::rules::batches::{batch_id, ids, is_same_content, submits};
use crate::rules::timelines::{InstallTimeline, each_install};
use crate::rules::tracker::Exchange;
use crate::rules::{Evidence, Finding, words};

rule! {
    /// A batch that was refused for good is not sent again.
    ///
    /// ### What is wrong
    /// The vendor refused a batch for what it is: malformed, forbidden, unknown, in conflict, or too large. The SDK heard it
    /// and sent the same batch again.
    ///
    /// ### Why it matters
    /// The answer will be the same for ever. Such a batch blocks all that wait behind it, and a fleet of installs that can't
    /// let go is an attack on the vendor that nobody meant.
    ///
    /// ### How it is provoked
    /// Batches are answered with 400, 403, 404, 409, 413 and 422, and with the vendor's own refusals. Those about sessions are
    /// other rules' affair.
    ///
    /// ### What is right
    /// The SDK drops the batch, or puts it aside. One that was too large may come again in smaller parts.
    ///
    /// ### Example
    /// ```text
    /// sdk -> vendor      POST /sdk/batches  {"batch_id": "b-1", ...}
    /// vendor -> sdk      400 malformed
    /// sdk -> vendor      POST /sdk/batches  {"batch_id": "b-1", ...}   <- a second later
    /// ```
    {
        name: "sync/retries-the-hopeless",
        subjects: [Sdk],
        needs: [SubmitBatch],
        precondition: "a batch that the vendor refused for good, and then another batch, a command to sync or time that passed",
        monitor: |_| each_install(None, judge),
    }
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    let submits = submits(timeline);
    let mut told = Vec::new();
    for refused in &submits {
        let Some((heard, answer)) = refused.delivered().filter(|(_, answer)| is_hopeless(answer)) else { continue };
        evidence.exercised += u64::from(timeline.had_sync(heard, u64::MAX));
        let again = submits.iter().find(|later| later.opened > heard && is_again(refused, later, answer));
        let Some(again) = again.filter(|_| !told.contains(&refused.opened)) else { continue };
        // A batch that is sent a third time is the same violation.
        told.extend(submits.iter().filter(|later| is_again(refused, later, answer)).map(|later| later.opened));
        let message = format!(
            "the SDK of {} sent a batch again that the vendor had refused: {}",
            timeline.install,
            words::reply(answer)
        );
        evidence.findings.push(Finding::new(message, [refused.opened, heard, again.opened]));
    }
}

fn is_hopeless(answer: &Response) -> bool {
    use ReplyName as R;
    match answer.reply {
        Some(reply) => matches!(reply, R::Malformed | R::UnsupportedMedia | R::ProofWrong) || is_too_large(answer),
        None => matches!(answer.status, 400 | 403 | 404 | 409 | 413 | 422),
    }
}

fn is_too_large(answer: &Response) -> bool {
    let says_so = |reply| matches!(reply, ReplyName::TooLarge | ReplyName::BatchTooLarge);
    answer.reply.map_or(answer.status == 413, says_so)
}

fn is_again(refused: &Exchange, later: &Exchange, answer: &Response) -> bool {
    let is_same_batch = batch_id(refused).is_some() && batch_id(refused) == batch_id(later);
    let is_same_items = !ids(refused).is_empty() && ids(refused) == ids(later);
    let is_unchanged = is_same_items || is_same_content(refused, later);
    if is_too_large(answer) { is_unchanged } else { is_same_batch || is_unchanged }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, no_occasion, refused, response, same_occasion, submit};

    fn story(answer: Response, batch: &str, items: &[&str]) -> Story {
        let mut story = Story::new();
        story.call(submit("phone", "session#1", "b-1", &["i-1", "i-2"]), answer);
        story.call(submit("phone", "session#1", batch, items), response(200));
        story
    }

    #[test]
    fn other_batches_after_a_refusal_hold() {
        assert_eq!(story(response(400), "b-2", &["i-3"]).passed(&RULE), 1);
        assert_eq!(story(refused(ReplyName::Malformed), "b-2", &["i-3"]).passed(&RULE), 1);
    }

    #[test]
    fn the_same_refusal_after_which_the_batch_comes_again_is_found() {
        same_occasion(&RULE, &story(response(400), "b-2", &["i-3"]), &story(response(400), "b-1", &["i-1", "i-2"]));
        let mut alone = Story::new();
        alone.call(submit("phone", "session#1", "b-1", &["i-1"]), response(400));
        no_occasion(&RULE, &alone);
    }

    #[test]
    fn a_refused_batch_that_comes_again_is_found_under_whatever_id() {
        let message = |why: &str| format!("the SDK of phone sent a batch again that the vendor had refused: {why}");
        for status in [400, 403, 404, 409, 413, 422] {
            let found = story(response(status), "b-1", &["i-1", "i-2"]).findings(&RULE);
            assert_eq!(found, [(message(&status.to_string()), vec![1, 2, 3])]);
        }
        let renamed = story(refused(ReplyName::Malformed), "b-2", &["i-1", "i-2"]);
        assert_eq!(renamed.findings(&RULE), [(message("malformed"), vec![1, 2, 3])]);
    }

    #[test]
    fn a_batch_that_comes_again_and_again_is_told_of_once() {
        let mut story = Story::new();
        for _ in 0..4 {
            story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(400));
        }
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn a_batch_that_was_too_large_may_come_in_parts() {
        assert_eq!(story(refused(ReplyName::BatchTooLarge), "b-1", &["i-1"]).passed(&RULE), 1);
        assert_eq!(story(response(413), "b-2", &["i-1"]).passed(&RULE), 1);
    }

    #[test]
    fn what_passes_and_what_is_about_sessions_is_not_judged() {
        for answer in [response(503), response(429), response(401), refused(ReplyName::SessionExpired)] {
            assert_eq!(story(answer, "b-1", &["i-1", "i-2"]).passed(&RULE), 0);
        }
    }
}
