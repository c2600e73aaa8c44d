use crate::protocol::SdkCommandName;
use crate::rules::apps::{Start, each_app, starts};
use crate::rules::permissions::{is_denied, is_undecided};
use crate::rules::timelines::InstallTimeline;
use crate::rules::{Evidence, Finding};

rule! {
    /// Where a vendor wants it so, each start of an app has its user created, and then starts syncs.
    ///
    /// ### What is wrong
    /// The app was started, or its user logged in, and it did not have the user created; or it had, and started no syncs
    /// after that.
    ///
    /// ### Why it matters
    /// Systems end what runs in the background, and users clear what apps have stored. What is begun anew at each start is
    /// whole again at the next one.
    ///
    /// ### How it is provoked
    /// The app is killed, started and opened again while its user is logged in, and another user logs in. Where something was
    /// denied, what is left out is the affair of `user/creation-skipped-after-denial`.
    ///
    /// ### What is right
    /// At each start the app has its user created, and starts syncs once that succeeded.
    ///
    /// ### Example
    /// ```text
    /// user -> app        launch, open
    ///                                                                   <- and no create_user
    /// ```
    {
        name: "user/not-created-at-start",
        subjects: [App],
        needs: [CreateUser],
        precondition: "a start of an app, or a login, with nothing denied",
        monitor: |context| each_app(context, &["open", "log_in", "create_user", "start_sync"], judge),
    }
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    for start in starts(timeline).iter().filter(|start| !is_undecided(timeline, start) && !is_denied(timeline, start)) {
        evidence.exercised += 1;
        if let Some(lack) = lack(timeline, start) {
            let message = format!("the app of {} was started for {}, and {lack}", timeline.install, start.user);
            evidence.findings.push(Finding::new(message, [start.command.seq]));
        }
    }
}

fn lack(timeline: &InstallTimeline<'_>, start: &Start<'_>) -> Option<&'static str> {
    let creates = start.made(timeline, &[SdkCommandName::CreateUser]);
    if creates.is_empty() {
        return Some("did not have the user created");
    }
    let done = creates.iter().find_map(|command| command.done())?;
    let has_begun = start.made(timeline, &[SdkCommandName::StartSync]).iter().any(|command| command.seq > done);
    (!has_begun).then_some("started no syncs once the user was created")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::testing::{Story, no_occasion, same_occasion};

    fn create(story: &mut Story, done: bool) {
        story.made("phone", SdkCommandName::CreateUser, json!({}), Some(done));
    }

    fn sync(story: &mut Story) {
        story.made("phone", SdkCommandName::StartSync, json!({}), Some(true));
    }

    /// An app whose user logged in, that did all it should, and that was killed. Then it is opened.
    fn opened(what: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of_app(&["open", "log_in", "create_user", "start_sync"]);
        story.does("phone", SdkCommandName::Launch, None, |_| {});
        story.does("phone", SdkCommandName::Open, None, |_| {});
        story.does("phone", SdkCommandName::LogIn, Some("alice"), |story| {
            create(story, true);
            sync(story);
        });
        story.does("phone", SdkCommandName::Kill, None, |_| {});
        story.does("phone", SdkCommandName::Launch, None, |_| {});
        story.does("phone", SdkCommandName::Open, None, what);
        story
    }

    #[test]
    fn a_user_and_syncs_at_each_start_hold() {
        let story = opened(|story| {
            create(story, true);
            sync(story);
        });
        assert_eq!(story.passed(&RULE), 2);
        same_occasion(&RULE, &story, &opened(|_| {}));
        same_occasion(&RULE, &story, &opened(|story| create(story, true)));
    }

    #[test]
    fn a_start_without_a_user_is_found() {
        let message = "the app of phone was started for alice, and did not have the user created";
        assert_eq!(opened(|_| {}).findings(&RULE), [(message.to_owned(), vec![15])]);
    }

    #[test]
    fn a_user_without_syncs_is_found_unless_creating_it_failed() {
        let message = "the app of phone was started for alice, and started no syncs once the user was created";
        assert_eq!(opened(|story| create(story, true)).findings(&RULE), [(message.to_owned(), vec![15])]);
        assert_eq!(opened(|story| create(story, false)).passed(&RULE), 2);
    }

    #[test]
    fn what_is_seen_while_the_app_is_killed_was_made_before() {
        let mut story = opened(|_| {});
        story.does("phone", SdkCommandName::Kill, None, |story| create(story, false));
        assert_eq!(story.passed(&RULE), 2);
    }

    #[test]
    fn what_the_process_did_as_it_began_counts() {
        let mut story = opened(|story| {
            create(story, true);
            sync(story);
        });
        story.does("phone", SdkCommandName::Kill, None, |_| {});
        story.does("phone", SdkCommandName::Launch, None, |story| {
            create(story, true);
            sync(story);
        });
        story.does("phone", SdkCommandName::Open, None, |_| {});
        assert_eq!(story.passed(&RULE), 3);
    }

    #[test]
    fn nobody_logged_in_something_denied_or_only_submitted_to_the_front_is_no_start_of_this_kind() {
        let mut story = Story::of_app(&["open", "log_in", "create_user", "start_sync"]);
        story.does("phone", SdkCommandName::Launch, None, |_| {});
        story.does("phone", SdkCommandName::Open, None, |_| {});
        story.told("phone", SdkCommandName::Grant, json!({"permissions": {"location": false}}));
        story.does("phone", SdkCommandName::LogIn, Some("alice"), |_| {});
        story.does("phone", SdkCommandName::Open, None, |_| {});
        no_occasion(&RULE, &story);
    }
}
