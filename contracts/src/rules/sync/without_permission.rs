use crate::protocol::SdkCommandName;
use crate::rules::batches::{ids, items, submits};
use crate::rules::closed_categories::{Closed, closed};
use crate::rules::timelines::{CommandRecord, InstallTimeline, each_install};
use crate::rules::{Evidence, Finding};

rule! {
    /// What the device's user denies, or the vendor's configuration turns off, is not submitted.
    ///
    /// ### What is wrong
    /// A batch held data of a category that the user had denied, or that the vendor's answer had turned off, before the
    /// batch was sent.
    ///
    /// ### Why it matters
    /// It is the person's decision, and the law's. Data that is taken against it puts the app out of its store, and the vendor
    /// asked not to be burdened with it.
    ///
    /// ### How it is provoked
    /// Permissions are denied before and after something was recorded, and granted again; the vendor turns categories on and
    /// off where its contract can.
    ///
    /// ### What is right
    /// The SDK looks at both before each batch, not only when something is recorded.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         grant {"location": false}
    /// sdk -> vendor      POST /sdk/batches  {"items": [{"category": "location"}]}
    /// ```
    {
        name: "sync/without-permission",
        subjects: [Sdk],
        needs: [SubmitBatch],
        precondition: "something recorded and not submitted before its category was denied or turned off, or recorded since, and a batch, a command to sync or time that passed while it was",
        monitor: |context| each_install(context.lacks_commands(&["grant"]), judge),
    }
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    let mut told = Vec::new();
    evidence.exercised += temptations(timeline);
    for submit in submits(timeline) {
        let closed = closed(timeline, submit.opened);
        let mut categories = items(submit).into_iter().filter_map(|item| item.category);
        let offence = categories.find_map(|category| Some((category, closed.get(category)?)));
        let Some((category, (why, since))) = offence.filter(|(category, _)| !told.contains(category)) else { continue };
        told.push(category);
        let who = match why {
            Closed::Denied => "the user had denied",
            Closed::Off => "the vendor had turned off",
        };
        let message = format!("the SDK of {} submitted {category}, which {who}", timeline.install);
        evidence.findings.push(Finding::new(message, [*since, submit.opened]));
    }
}

/// The number of items that a careless SDK would have submitted while their category was closed. For an SDK that is given
/// no items, the number of batches while any category was.
fn temptations(timeline: &InstallTimeline<'_>) -> u64 {
    use SdkCommandName as O;
    let submits = submits(timeline);
    let asked = timeline.commands(&[O::StartSync, O::SyncNow, O::ForwardPush, O::Advance]).filter(|one| one.is_over());
    let opened = submits.iter().map(|submit| submit.opened);
    let turns: Vec<_> = opened
        .chain(asked.map(|command| command.seq))
        .map(|place| (place, closed(timeline, place)))
        .filter(|(_, closed)| !closed.is_empty())
        .collect();
    let mut records = timeline.commands(&[O::Record]).peekable();
    if records.peek().is_none() {
        return turns.iter().filter(|(place, _)| submits.iter().any(|submit| submit.opened == *place)).count() as u64;
    }
    let is_tempting = |record: &&CommandRecord| {
        let (Some(id), Some(category)) = (record.text("id"), record.text("category")) else { return false };
        let sent = submits.iter().find(|submit| ids(submit).contains(id)).map_or(u64::MAX, |submit| submit.opened);
        turns.iter().any(|(place, closed)| record.seq < *place && *place <= sent && closed.contains_key(category))
    };
    records.filter(is_tempting).count() as u64
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::protocol::{CommandName, ReplyName};
    use crate::rules::testing::{Story, answered, create, no_occasion, response, same_occasion, sdk, submit};

    fn driven() -> Story {
        Story::of(&["sdk", "sdk:grant"])
    }

    fn granted(story: &mut Story, location: bool) {
        story.told("phone", SdkCommandName::Grant, json!({"permissions": {"location": location}}));
    }

    fn batch(story: &mut Story) {
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(200));
    }

    #[test]
    fn what_is_allowed_holds() {
        let mut story = driven();
        granted(&mut story, false);
        granted(&mut story, true);
        batch(&mut story);
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn what_is_allowed_is_so_as_soon_as_the_sdk_is_told() {
        let mut story = driven();
        granted(&mut story, false);
        let command = story.call_of("phone", SdkCommandName::Grant, json!({"permissions": {"location": true}}), None);
        batch(&mut story);
        story.returned(command, true);
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn other_categories_while_one_is_denied_hold() {
        let mut story = driven();
        story.told("phone", SdkCommandName::Grant, json!({"permissions": {"motion": false}}));
        story.told("phone", SdkCommandName::Record, json!({"id": "i-2", "category": "motion"}));
        batch(&mut story);
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn the_same_item_that_is_submitted_while_it_is_denied_is_found() {
        let denied = |then: fn(&mut Story)| {
            let mut story = driven();
            story.told("phone", SdkCommandName::Record, json!({"id": "i-1", "category": "location"}));
            granted(&mut story, false);
            then(&mut story);
            granted(&mut story, true);
            batch(&mut story);
            story
        };
        let synced = |story: &mut Story| story.told("phone", SdkCommandName::SyncNow, json!({}));
        same_occasion(&RULE, &denied(synced), &denied(batch));
        no_occasion(&RULE, &denied(|_| {}));
    }

    #[test]
    fn what_the_user_denied_is_found_once() {
        let mut story = driven();
        granted(&mut story, false);
        batch(&mut story);
        batch(&mut story);
        let message = "the SDK of phone submitted location, which the user had denied";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![2, 3])]);
    }

    #[test]
    fn what_the_vendor_turned_off_is_found_until_it_is_on_again() {
        let signed_in = |on: bool| answered(ReplyName::UserCreated, json!({"user_id": "5a18", "enabled.location": on}));
        let mut story = driven();
        story.call(create("phone", "credential#1"), signed_in(false));
        let mut on = driven();
        on.call(create("phone", "credential#1"), signed_in(false));
        on.call(create("phone", "credential#2"), signed_in(true));
        batch(&mut story);
        batch(&mut on);
        let message = "the SDK of phone submitted location, which the vendor had turned off";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![2, 3])]);
        assert_eq!(on.passed(&RULE), 0);
    }

    #[test]
    fn a_batch_that_is_of_one_kind_as_a_whole_is_seen() {
        let mut story = driven();
        granted(&mut story, false);
        let fields: Value = json!({"category": "location", "items": [{"item.id": "i-1"}]});
        story.call(sdk("phone", CommandName::SubmitBatch, Some("session#1"), fields), response(200));
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn a_batch_that_began_before_the_user_decided_holds() {
        let mut story = driven();
        let open = story.send(submit("phone", "session#1", "b-1", &["i-1"]));
        granted(&mut story, false);
        story.answer(open, response(200));
        assert_eq!(story.passed(&RULE), 0);
    }
}
