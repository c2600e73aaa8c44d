use crate::protocol::SdkCommandName;
use crate::rules::apps::{commanded, each_app, made};
use crate::rules::timelines::InstallTimeline;
use crate::rules::{Evidence, Finding};

rule! {
    /// Where a vendor wants it so, an app asks for permissions before it has its user created.
    ///
    /// ### What is wrong
    /// The app asked its SDK for the user, and had never asked the device's user what the SDK may collect.
    ///
    /// ### Why it matters
    /// The first sync comes with the user. What is not allowed by then is missing from the first picture that the vendor
    /// draws, and that is the one that decides.
    ///
    /// ### How it is provoked
    /// The app is started for the first time and its user logs in. A device whose user allowed or denied something already
    /// shows nothing.
    ///
    /// ### What is right
    /// The app asks for permissions first, and goes on whatever the answer is.
    ///
    /// ### Example
    /// ```text
    /// user -> app        open, log_in
    /// app -> sdk         create_user
    /// app -> user        ask_permissions                                <- too late
    /// ```
    {
        name: "user/created-before-permissions",
        subjects: [App],
        needs: [CreateUser],
        precondition: "the first user of an app on a device whose user had allowed and denied nothing before the app asked",
        monitor: |context| each_app(context, &["ask_permissions", "create_user"], judge),
    }
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    let Some(create) = made(timeline, &[SdkCommandName::CreateUser]).next() else { return };
    let asked = made(timeline, &[SdkCommandName::AskPermissions]).next().filter(|command| command.seq < create.seq);
    // What was allowed or denied before the app asked excuses one that doesn't ask, so asking then shows nothing.
    let decided = asked.map_or(create.seq, |command| command.seq);
    let is_settled = commanded(timeline, &[SdkCommandName::Grant]).any(|command| command.seq < decided);
    evidence.exercised += u64::from(!is_settled);
    if asked.is_none() && !is_settled {
        let message = format!("the app of {} had its user created before it asked for permissions", timeline.install);
        evidence.findings.push(Finding::new(message, [create.seq]));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::testing::{Story, no_occasion, same_occasion};

    fn story(names: &[SdkCommandName]) -> Story {
        let mut story = Story::of_app(&["ask_permissions", "create_user"]);
        for name in names {
            story.made("phone", *name, json!({}), Some(true));
        }
        story
    }

    #[test]
    fn an_app_that_asks_first_holds() {
        let asked = story(&[SdkCommandName::AskPermissions, SdkCommandName::CreateUser, SdkCommandName::CreateUser]);
        assert_eq!(asked.passed(&RULE), 1);
        same_occasion(&RULE, &asked, &story(&[SdkCommandName::CreateUser]));
    }

    #[test]
    fn an_app_that_asks_afterwards_or_never_is_found() {
        for names in [&[SdkCommandName::CreateUser, SdkCommandName::AskPermissions][..], &[SdkCommandName::CreateUser]]
        {
            let message = "the app of phone had its user created before it asked for permissions";
            assert_eq!(story(names).findings(&RULE), [(message.to_owned(), vec![1])]);
        }
    }

    #[test]
    fn a_device_whose_user_has_decided_already_shows_nothing() {
        let mut story = story(&[]);
        story.told("phone", SdkCommandName::Grant, json!({"permissions": {"location": true}}));
        let mut asked = self::story(&[]);
        asked.told("phone", SdkCommandName::Grant, json!({"permissions": {"location": true}}));
        asked.made("phone", SdkCommandName::AskPermissions, json!({}), Some(true));
        for mut story in [story, asked] {
            story.made("phone", SdkCommandName::CreateUser, json!({}), Some(true));
            no_occasion(&RULE, &story);
        }
    }
}
