use crate::protocol::{CommandName, SdkCommandName};
use crate::rules::timelines::{CommandRecord, InstallTimeline, each_install, whose};
use crate::rules::tracker::Exchange;
use crate::rules::{Evidence, Finding};

rule! {
    /// A redemption whose answer is lost leads to one user or to a failure that is told, and to nothing between.
    ///
    /// ### What is wrong
    /// The vendor had made the user, and the answer never arrived. Then the SDK told its app that all was well, though it never
    /// heard so; or it made a second user for the same request of its app.
    ///
    /// ### Why it matters
    /// The person is there twice, or the app believes in a user that its SDK does not have. Both look well on every screen,
    /// and both lose data from the first day.
    ///
    /// ### How it is provoked
    /// The connection is reset, or the answer cut, after the vendor did what was asked.
    ///
    /// ### What is right
    /// The SDK tries again as long as it may: the vendor restores the user that it made. If the credential is spent by then, it
    /// tells its app that the sign-in failed.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         create_user
    /// sdk -> vendor      POST /sdk/users                                (the answer is lost)
    /// sdk -> app         done                                           <- without a session
    /// ```
    {
        name: "user/lost-answer-duplicates",
        subjects: [Sdk],
        needs: [CreateUser],
        precondition: "a redemption that the vendor carried out and whose answer was lost, of an SDK without a user that lived to tell its app",
        monitor: |context| each_install(context.lacks_commands(&[]), judge),
    }
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    let creates: Vec<_> = timeline.calls(CommandName::CreateUser).collect();
    for lost in creates.iter().filter(|create| create.is_done() && create.delivered().is_none()) {
        let Some(command) =
            timeline.commands(&[SdkCommandName::CreateUser]).find(|record| record.is_open_at(lost.opened))
        else {
            continue;
        };
        let until = command.returned.as_ref().map_or(u64::MAX, |(seq, _)| *seq);
        let is_asked_anew =
            |create: &Exchange| timeline.command_for(create).is_some_and(|record| record.seq > lost.opened);
        let is_later =
            |create: &&Exchange| lost.opened < create.opened && create.opened < until && !is_asked_anew(create);
        let later: Vec<_> = creates.iter().copied().filter(is_later).collect();
        let is_judged = command.is_over() && !timeline.was_told(&[SdkCommandName::Kill], lost.opened, until);
        evidence.exercised += u64::from(is_judged && !has_heard(timeline, lost, lost.opened));
        if let Some(finding) = offence(timeline, command, lost, &later) {
            evidence.findings.push(finding);
        }
    }
}

fn offence(
    timeline: &InstallTimeline<'_>,
    command: &CommandRecord,
    lost: &Exchange,
    later: &[&Exchange],
) -> Option<Finding> {
    let is_another =
        |create: &&&Exchange| create.is_done() && whose(create).zip(whose(lost)).is_some_and(|(now, then)| now != then);
    let install = &timeline.install;
    if let Some(second) = later.iter().find(is_another) {
        let message = format!(
            "the answer that gave the SDK of {install} its user was lost, and it made another user for the same request of its app"
        );
        return Some(Finding::new(message, [command.seq, lost.opened, second.opened]));
    }
    let done = command.done()?;
    let message =
        format!("the answer that gave the SDK of {install} its user was lost, and it told its app that all was well");
    (!has_heard(timeline, lost, done)).then(|| Finding::new(message, [command.seq, lost.opened, done]))
}

/// Whether the SDK heard by `place` that it has a user, since the last one was released.
fn has_heard(timeline: &InstallTimeline<'_>, lost: &Exchange, place: u64) -> bool {
    let since = timeline.freed(lost.opened);
    let mut creates = timeline.calls(CommandName::CreateUser).filter(|create| create.opened > since);
    creates.any(|create| create.heard_done().is_some_and(|heard| heard < place))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::{Fate, Response};
    use crate::protocol::ReplyName;
    use crate::rules::testing::{Story, create, no_occasion, refused, same_occasion, signed_in};

    /// A create whose answer is lost, then the given events, then the SDK's result.
    fn story(success: bool, what: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of(&["sdk"]);
        let command = story.call_of("phone", SdkCommandName::CreateUser, json!({}), Some("alice"));
        let lost = Response { fate: Fate::Lost, ..signed_in("5a18", "session#1") };
        story.call(create("phone", "credential#1"), lost);
        what(&mut story);
        story.returned(command, success);
        story
    }

    #[test]
    fn the_same_loss_that_is_told_as_a_success_or_makes_another_user_is_found() {
        let again = |user: &'static str| {
            story(true, move |story| story.call(create("phone", "credential#2"), signed_in(user, "session#2")))
        };
        same_occasion(&RULE, &again("5a18"), &again("9c07"));
        same_occasion(&RULE, &story(false, |_| {}), &story(true, |_| {}));
        no_occasion(&RULE, &story(false, |story| story.told("phone", SdkCommandName::Kill, json!({}))));
    }

    #[test]
    fn a_user_from_before_a_reset_is_no_reason_to_tell_of_success() {
        let mut story = Story::of(&["sdk"]);
        story.call(create("phone", "credential#0"), signed_in("5a18", "session#0"));
        story.told("phone", SdkCommandName::Reset, json!({}));
        let command = story.call_of("phone", SdkCommandName::CreateUser, json!({}), Some("alice"));
        story.call(create("phone", "credential#1"), Response { fate: Fate::Lost, ..signed_in("5a18", "session#1") });
        story.returned(command, true);
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn a_failure_that_is_told_holds() {
        assert_eq!(story(false, |_| {}).passed(&RULE), 1);
        let spent =
            story(false, |story| story.call(create("phone", "credential#1"), refused(ReplyName::CredentialSpent)));
        assert_eq!(spent.passed(&RULE), 1);
    }

    #[test]
    fn another_try_that_finds_the_same_user_holds() {
        let again = story(true, |story| story.call(create("phone", "credential#1"), signed_in("5a18", "session#2")));
        assert_eq!(again.passed(&RULE), 1);
    }

    #[test]
    fn a_success_that_nobody_heard_of_is_found() {
        let message = "the answer that gave the SDK of phone its user was lost, and it told its app that all was well";
        assert_eq!(story(true, |_| {}).findings(&RULE), [(message.to_owned(), vec![1, 2, 4])]);
    }

    #[test]
    fn a_second_user_is_found() {
        let second = story(true, |story| story.call(create("phone", "credential#2"), signed_in("9c07", "session#2")));
        let message = "the answer that gave the SDK of phone its user was lost, and it made another user for the same request \
                       of its app";
        assert_eq!(second.findings(&RULE), [(message.to_owned(), vec![1, 2, 4])]);
    }

    #[test]
    fn what_the_app_asks_for_meanwhile_is_no_second_one() {
        let mut story = Story::of(&["sdk"]);
        let alice =
            story.call_of("phone", SdkCommandName::CreateUser, json!({"credential": "credential#1"}), Some("alice"));
        let lost = |user: &str| Response { fate: Fate::Lost, ..signed_in(user, "session#1") };
        story.call(create("phone", "credential#1"), lost("5a18"));
        let bob =
            story.call_of("phone", SdkCommandName::CreateUser, json!({"credential": "credential#2"}), Some("bob"));
        story.call(create("phone", "credential#2"), lost("9c07"));
        story.returned(alice, false);
        story.returned(bob, false);
        assert_eq!(story.passed(&RULE), 2);
    }

    #[test]
    fn an_answer_that_was_heard_is_not_judged() {
        let mut story = Story::of(&["sdk"]);
        let command = story.call_of("phone", SdkCommandName::CreateUser, json!({}), Some("alice"));
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        story.returned(command, true);
        assert_eq!(story.passed(&RULE), 0);
    }
}
