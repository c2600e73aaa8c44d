use crate::protocol::SdkCommandName;
use crate::rules::apps::{commanded, each_app, made};
use crate::rules::timelines::{CommandRecord, InstallTimeline};
use crate::rules::{Evidence, Finding};

rule! {
    /// An app initialises its SDK before it has its user created, in each of its processes.
    ///
    /// ### What is wrong
    /// The app asked its SDK for the user in a process in which it had not initialised it since that process began.
    ///
    /// ### Why it matters
    /// What is done by itself in the main process is not done in a second one: the call fails or, worse, works on some
    /// devices and crashes on others.
    ///
    /// ### How it is provoked
    /// The app is started and opened, and one of several processes is, if it has them.
    ///
    /// ### What is right
    /// The first thing that each process does is to initialise the SDK.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         init (main)
    /// app -> sdk         create_user (background)                       <- nobody initialised it there
    /// ```
    {
        name: "user/created-before-init",
        subjects: [App],
        needs: [CreateUser],
        precondition: "an app that has its user created",
        monitor: |context| each_app(context, &["init", "create_user"], judge),
    }
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    for create in made(timeline, &[SdkCommandName::CreateUser]) {
        evidence.exercised += 1;
        // Calls that are reported with a kill were made before it.
        let deaths = commanded(timeline, &[SdkCommandName::Kill]).filter_map(CommandRecord::done);
        let killed = deaths.filter(|death| *death < create.seq).max().unwrap_or(0);
        let is_in_time =
            |init: &CommandRecord| killed < init.seq && init.seq < create.seq && process(init) == process(create);
        if !made(timeline, &[SdkCommandName::Init]).any(is_in_time) {
            let (install, process) = (&timeline.install, process(create));
            let message = format!(
                "the app of {install} had its user created in the process {process} before it initialised the SDK there"
            );
            evidence.findings.push(Finding::new(message, [create.seq]));
        }
    }
}

fn process(command: &CommandRecord) -> &str {
    command.text("process").unwrap_or("main")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::testing::{Story, no_occasion, same_occasion};

    fn story() -> Story {
        Story::of_app(&["init", "create_user"])
    }

    #[test]
    fn an_sdk_that_is_initialised_in_the_same_process_holds() {
        let mut story = story();
        story.does("phone", SdkCommandName::Launch, None, |story| {
            story.made("phone", SdkCommandName::Init, json!({}), Some(true));
            story.made("phone", SdkCommandName::CreateUser, json!({"process": "main"}), Some(true));
            story.made("phone", SdkCommandName::Init, json!({"process": "background"}), Some(true));
            story.made("phone", SdkCommandName::CreateUser, json!({"process": "background"}), Some(true));
        });
        assert_eq!(story.passed(&RULE), 2);
    }

    #[test]
    fn the_same_creation_without_an_initialisation_is_found() {
        let created = |process: &str| {
            let mut story = story();
            story.made("phone", SdkCommandName::Init, json!({"process": process}), Some(true));
            story.made("phone", SdkCommandName::CreateUser, json!({"process": "background"}), Some(true));
            story
        };
        same_occasion(&RULE, &created("background"), &created("main"));
        no_occasion(&RULE, &story());
    }

    #[test]
    fn one_that_is_initialised_elsewhere_alone_is_found() {
        let mut story = story();
        story.made("phone", SdkCommandName::Init, json!({}), Some(true));
        story.made("phone", SdkCommandName::CreateUser, json!({"process": "background"}), Some(true));
        let message =
            "the app of phone had its user created in the process background before it initialised the SDK there";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![3])]);
    }

    #[test]
    fn one_that_was_initialised_before_its_process_died_is_found() {
        let mut story = story();
        story.made("phone", SdkCommandName::Init, json!({}), Some(true));
        story.told("phone", SdkCommandName::Kill, json!({}));
        story.made("phone", SdkCommandName::CreateUser, json!({}), Some(true));
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn what_is_seen_while_the_app_is_killed_was_made_before() {
        let mut story = story();
        story.made("phone", SdkCommandName::Init, json!({}), Some(true));
        story.does("phone", SdkCommandName::Kill, None, |story| {
            story.made("phone", SdkCommandName::CreateUser, json!({}), None);
        });
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn an_app_that_tells_of_no_initialisation_makes_it_not_testable() {
        let mut story = Story::of_app(&["create_user"]);
        story.made("phone", SdkCommandName::CreateUser, json!({}), Some(true));
        let reason = "the adapter does not have the capability `init`";
        assert_eq!(story.passed(&RULE), 0);
        assert_eq!(story.evidence(&RULE).not_testable.as_deref(), Some(reason));
    }
}
