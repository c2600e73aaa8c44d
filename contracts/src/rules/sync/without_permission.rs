use crate::rules::batches::{items, submits};
use crate::rules::closed_categories::{Closed, closed};
use crate::rules::timelines::{InstallTimeline, each_install};
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
        precondition: "a batch, or something recorded, while a category was denied or turned off",
        monitor: |context| each_install(context.lacks_commands(&["grant"]), judge),
    }
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    let mut told = Vec::new();
    let records = timeline.commands(&[crate::protocol::SdkCommandName::Record]);
    let tempted = records.filter(|record| {
        record.text("category").is_some_and(|category| closed(timeline, record.seq).contains_key(category))
    });
    evidence.exercised += tempted.count() as u64;
    for submit in submits(timeline) {
        let closed = closed(timeline, submit.opened);
        evidence.exercised += u64::from(!closed.is_empty());
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::protocol::{CommandName, ReplyName, SdkCommandName};
    use crate::rules::testing::{Story, answered, create, response, sdk, submit};

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
        assert_eq!(story.passed(&RULE), 2);
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
