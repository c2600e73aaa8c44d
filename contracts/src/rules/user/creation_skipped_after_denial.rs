use crate::protocol::SdkCommandName;
use crate::rules::apps::{Start, each_app, starts};
use crate::rules::permissions::{is_denied, is_undecided};
use crate::rules::timelines::InstallTimeline;
use crate::rules::{Evidence, Finding};

rule! {
    /// Where a vendor wants it so, an app has its user created also where permissions were denied.
    ///
    /// ### What is wrong
    /// The device's user denied something, and the app, which has its user created otherwise, left it out.
    ///
    /// ### Why it matters
    /// What was allowed is collected without a user, and what is allowed later never comes. The client backend asks for a user
    /// whom the vendor never met.
    ///
    /// ### How it is provoked
    /// A user logs in and denies what the app asks for. An app that never has its user created is the affair of
    /// `user/not-created-at-start`.
    ///
    /// ### What is right
    /// The app has its user created whatever was answered: the SDK leaves out by itself what it may not collect.
    ///
    /// ### Example
    /// ```text
    /// app -> user        ask_permissions
    /// user -> device     grant {"location": false}
    ///                                                                   <- and no create_user
    /// ```
    {
        name: "user/creation-skipped-after-denial",
        subjects: [App],
        needs: [CreateUser],
        precondition: "a start of an app during which something was denied, where the app has its user created at all other starts",
        monitor: |context| each_app(context, &["open", "log_in", "grant", "create_user"], judge),
    }
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    let starts: Vec<_> = starts(timeline).into_iter().filter(|start| !is_undecided(timeline, start)).collect();
    let (denied, free): (Vec<_>, Vec<_>) = starts.into_iter().partition(|start| is_denied(timeline, start));
    let creates = |start: &Start<'_>| !start.made(timeline, &[SdkCommandName::CreateUser]).is_empty();
    // Another rule judges an app that never creates its user.
    if !free.iter().all(creates) {
        return;
    }
    for start in denied {
        evidence.exercised += 1;
        if !creates(&start) {
            let (install, user) = (&timeline.install, start.user);
            let message = format!("the app of {install} did not have {user} created after permissions were denied");
            evidence.findings.push(Finding::new(message, [start.command.seq]));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::testing::{Story, no_occasion, same_occasion};

    fn create(story: &mut Story) {
        story.made("phone", SdkCommandName::CreateUser, json!({}), Some(true));
    }

    /// A user who logs in, is asked, and denies, then the app's reaction.
    fn denied(then: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of_app(&["open", "log_in", "grant", "create_user"]);
        story.does("phone", SdkCommandName::Launch, None, |_| {});
        story.does("phone", SdkCommandName::Open, None, |_| {});
        story.does("phone", SdkCommandName::LogIn, Some("alice"), |story| {
            story.made("phone", SdkCommandName::AskPermissions, json!({}), None);
        });
        let grant = story.call_of("phone", SdkCommandName::Grant, json!({"permissions": {"location": false}}), None);
        then(&mut story);
        story.returned(grant, true);
        story
    }

    fn opened(story: &mut Story, what: impl FnOnce(&mut Story)) {
        story.does("phone", SdkCommandName::Kill, None, |_| {});
        story.does("phone", SdkCommandName::Launch, None, |_| {});
        story.does("phone", SdkCommandName::Open, None, what);
    }

    #[test]
    fn an_app_that_has_its_user_created_all_the_same_holds() {
        assert_eq!(denied(create).passed(&RULE), 1);
        same_occasion(&RULE, &denied(create), &denied(|_| {}));
    }

    #[test]
    fn an_app_that_leaves_it_out_is_found() {
        let message = "the app of phone did not have alice created after permissions were denied";
        assert_eq!(denied(|_| {}).findings(&RULE), [(message.to_owned(), vec![5])]);
    }

    #[test]
    fn an_app_that_leaves_it_out_otherwise_too_is_another_rules_affair() {
        let mut story = denied(|_| {});
        story.told("phone", SdkCommandName::Grant, json!({"permissions": {"location": true}}));
        opened(&mut story, |_| {});
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn as_long_as_nobody_answers_nothing_is_shown() {
        let mut story = Story::of_app(&["open", "log_in", "grant", "create_user"]);
        story.does("phone", SdkCommandName::LogIn, Some("alice"), |story| {
            story.made("phone", SdkCommandName::AskPermissions, json!({}), None);
        });
        no_occasion(&RULE, &story);
    }

    #[test]
    fn what_is_allowed_later_is_denied_no_more() {
        let mut story = denied(create);
        story.told("phone", SdkCommandName::Grant, json!({"permissions": {"location": true}}));
        opened(&mut story, create);
        assert_eq!(story.passed(&RULE), 0, "the whole first start came to be allowed");
    }
}
