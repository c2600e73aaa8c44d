use std::collections::BTreeSet;

use crate::protocol::SdkCommandName;
use crate::rules::batches::{ids, kept, submits};
use crate::rules::timelines::{InstallTimeline, each_install};
use crate::rules::tracker::Exchange;
use crate::rules::{Evidence, Finding};

rule! {
    /// An item that the vendor said it has kept is not sent again.
    ///
    /// ### What is wrong
    /// The vendor kept an item and the SDK heard it, and later the SDK sent the same item once more.
    ///
    /// ### Why it matters
    /// Data and battery are spent for nothing. Where the vendor does not know it again, a trip is made twice and an income
    /// counted twice.
    ///
    /// ### How it is provoked
    /// Batches succeed, in whole and in part, while others fail around them; the app is killed and started again.
    ///
    /// ### What is right
    /// With the answer that an item was kept, it leaves the queue for good. Only a process that dies with the very answer may
    /// not have read it. After a reset everything may begin anew.
    ///
    /// ### Example
    /// ```text
    /// sdk -> vendor      POST /sdk/batches  {"items": [i-1, i-2]}
    /// vendor -> sdk      200 batch_partial  {"accepted": [i-1]}
    /// sdk -> vendor      POST /sdk/batches  {"items": [i-1, i-2]}      <- i-1 was kept
    /// ```
    {
        name: "sync/item-repeated",
        subjects: [Sdk],
        needs: [SubmitBatch],
        precondition: "a batch of which the SDK heard that it was kept, and then another batch, a command to sync or time that passed, before a reset",
        monitor: |context| each_install(context.lacks_commands(&[]), judge),
    }
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    let submits = submits(timeline);
    for first in &submits {
        let Some(heard) = first.heard_done() else { continue };
        let kept = kept(first);
        evidence.exercised += u64::from(may_be_repeated(timeline, first, &kept, heard));
        let again = submits.iter().find_map(|later| {
            let id = ids(later)
                .into_iter()
                .find(|id| kept.contains(id) && is_repeated(timeline, first, id, heard, later))?;
            Some((id, *later))
        });
        if let Some((id, again)) = again {
            let message =
                format!("the SDK of {} sent {id} again after the vendor had said that it was kept", timeline.install);
            evidence.findings.push(Finding::new(message, [first.opened, heard, again.opened]));
        }
    }
}

/// Whether the SDK had a reason to submit something after it heard that these items were kept, and none of its own to
/// submit one of them again.
fn may_be_repeated(timeline: &InstallTimeline<'_>, first: &Exchange, kept: &BTreeSet<&str>, heard: u64) -> bool {
    let recorded = |id: &str| {
        timeline
            .commands(&[SdkCommandName::Record])
            .any(|command| heard < command.seq && command.text("id") == Some(id))
    };
    let mut resets = timeline.commands(&[SdkCommandName::Reset, SdkCommandName::Forget]).map(|command| command.seq);
    let until = resets.find(|seq| *seq > first.opened).unwrap_or(u64::MAX);
    kept.iter().any(|id| !recorded(id)) && !has_died_with(timeline, heard) && timeline.had_sync(heard, until)
}

fn is_repeated(timeline: &InstallTimeline<'_>, first: &Exchange, id: &str, heard: u64, later: &Exchange) -> bool {
    let mut records = timeline.commands(&[SdkCommandName::Record]);
    let is_new =
        records.any(|command| heard < command.seq && command.seq < later.opened && command.text("id") == Some(id));
    let is_reset = timeline.was_told(&[SdkCommandName::Reset, SdkCommandName::Forget], first.opened, later.opened);
    later.opened > heard && !is_new && !is_reset && !has_died_with(timeline, heard)
}

/// Whether the process was killed before anything shows that it had read the answer.
fn has_died_with(timeline: &InstallTimeline<'_>, heard: u64) -> bool {
    let Some(next) = timeline.commands.iter().find(|command| command.seq > heard) else { return false };
    let has_spoken = timeline.spoke.iter().any(|exchange| heard < exchange.opened && exchange.opened < next.seq);
    let returned = timeline
        .commands
        .iter()
        .filter_map(|command| command.returned.as_ref())
        .any(|(seq, _)| heard < *seq && *seq < next.seq);
    next.call.name == SdkCommandName::Kill && !has_spoken && !returned
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::{Fate, Response};
    use crate::protocol::ReplyName;
    use crate::rules::testing::{Story, answered, no_occasion, response, same_occasion, submit};

    fn batch(story: &mut Story, items: &[&str], answer: Response) {
        story.call(submit("phone", "session#1", "b-1", items), answer);
    }

    fn accepted() -> Response {
        answered(ReplyName::BatchAccepted, json!({}))
    }

    #[test]
    fn each_item_once_holds() {
        let mut story = Story::of(&["sdk:record"]);
        batch(&mut story, &["i-1"], accepted());
        no_occasion(&RULE, &story);
        batch(&mut story, &["i-2"], accepted());
        let mut wrong = Story::of(&["sdk:record"]);
        batch(&mut wrong, &["i-1"], accepted());
        batch(&mut wrong, &["i-1", "i-2"], accepted());
        same_occasion(&RULE, &story, &wrong);
        assert_eq!(story.passed(&RULE), 1, "nothing comes after the second batch");
    }

    #[test]
    fn an_item_that_was_kept_and_comes_again_is_found() {
        let mut story = Story::of(&["sdk:record"]);
        batch(&mut story, &["i-1"], accepted());
        batch(&mut story, &["i-1", "i-2"], accepted());
        let message = "the SDK of phone sent i-1 again after the vendor had said that it was kept";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1, 2, 3])]);
    }

    #[test]
    fn only_what_a_partial_answer_names_was_kept() {
        let partial = || answered(ReplyName::BatchPartial, json!({"accepted": ["i-1"]}));
        let mut story = Story::of(&["sdk:record"]);
        batch(&mut story, &["i-1", "i-2"], partial());
        batch(&mut story, &["i-2"], accepted());
        assert_eq!(story.passed(&RULE), 1);
        let mut story = Story::of(&["sdk:record"]);
        batch(&mut story, &["i-1", "i-2"], partial());
        batch(&mut story, &["i-1", "i-2"], accepted());
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn an_answer_that_was_not_heard_or_cannot_be_read_says_nothing() {
        for answer in [Response { fate: Fate::Cut, ..accepted() }, response(200), response(503)] {
            let mut story = Story::of(&["sdk:record"]);
            batch(&mut story, &["i-1"], answer);
            batch(&mut story, &["i-1"], accepted());
            no_occasion(&RULE, &story);
        }
    }

    #[test]
    fn a_process_that_dies_with_the_answer_may_not_have_read_it() {
        let killed_after = |what: fn(&mut Story)| {
            let mut story = Story::of(&["sdk:record"]);
            batch(&mut story, &["i-1"], accepted());
            what(&mut story);
            story.told("phone", SdkCommandName::Kill, json!({}));
            story.told("phone", SdkCommandName::Launch, json!({}));
            batch(&mut story, &["i-1"], accepted());
            story
        };
        no_occasion(&RULE, &killed_after(|_| {}));
        let later = killed_after(|story| story.told("phone", SdkCommandName::Quiesce, json!({})));
        assert_eq!(later.findings(&RULE).len(), 1);
    }

    #[test]
    fn an_answer_to_a_process_that_was_told_to_die_is_not_read() {
        let mut story = Story::of(&["sdk:record"]);
        let kept = story.send(submit("phone", "session#1", "b-1", &["i-1"]));
        story.told("phone", SdkCommandName::Kill, json!({}));
        story.answer(kept, accepted());
        story.told("phone", SdkCommandName::Launch, json!({}));
        batch(&mut story, &["i-1"], accepted());
        story.told("phone", SdkCommandName::SyncNow, json!({}));
        assert_eq!(story.findings(&RULE).len(), 0);
        batch(&mut story, &["i-1"], accepted());
        assert_eq!(story.findings(&RULE).len(), 1, "the process that was started again read its answer");
    }

    #[test]
    fn a_reset_and_another_record_of_the_same_name_begin_anew() {
        for (command, arguments) in [(SdkCommandName::Reset, json!({})), (SdkCommandName::Record, json!({"id": "i-1"}))]
        {
            let mut story = Story::of(&["sdk:record"]);
            batch(&mut story, &["i-1"], accepted());
            story.told("phone", command, arguments);
            batch(&mut story, &["i-1"], accepted());
            no_occasion(&RULE, &story);
        }
    }

    #[test]
    fn an_item_that_was_recorded_before_is_no_new_one() {
        let mut story = Story::of(&["sdk:record"]);
        story.told("phone", SdkCommandName::Record, json!({"id": "i-1"}));
        batch(&mut story, &["i-1"], accepted());
        batch(&mut story, &["i-1"], accepted());
        assert_eq!(story.findings(&RULE).len(), 1);
    }
}
