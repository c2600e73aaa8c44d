use crate::protocol::{MintPolicy, SdkCommandName};
use crate::rules::apps::{Start, made, not_testable, over_apps, starts, was_asked_for_credential};
use crate::rules::timelines::InstallTimeline;
use crate::rules::{Context, Evidence, Finding, Joined, Monitor};

rule! {
    /// Where a vendor wants it so, each start of an app signs in with a new credential.
    ///
    /// ### What is wrong
    /// The app was started, or its user logged in, and it handed its SDK a credential that it had handed over before, or none
    /// at all, though it had not asked its backend for a new one in vain.
    ///
    /// ### Why it matters
    /// A credential serves once. An app that keeps one sees its users refused at the second start; one that never comes back
    /// for another lives on a session that the vendor may end at any time.
    ///
    /// ### How it is provoked
    /// The app is killed, started and opened again while its user is logged in.
    ///
    /// ### What is right
    /// At each start the app asks its backend for a credential and hands it to the SDK, once.
    ///
    /// ### Example
    /// ```text
    /// user -> app        launch, open
    /// app -> sdk         create_user credential#1                       <- that of last time
    /// ```
    {
        name: "credential/not-fresh-at-start",
        subjects: [App],
        needs: [IssueCredential],
        precondition: "a start of an app that had signed in before, where each start takes a new credential",
        monitor: monitor,
    }
}

fn monitor(context: &Context<'_>) -> Box<dyn Monitor> {
    match context.fact("credential.mint") {
        Some(MintPolicy::EachStart) => over_apps(context, &["open", "log_in", "create_user"], judge),
        _ => not_testable("the vendor asks for no new credential at each start".to_owned()),
    }
}

fn judge(joined: &Joined<'_>) -> Evidence {
    let mut evidence = Evidence::default();
    for timeline in joined.timelines() {
        for start in starts(timeline).iter().filter(|start| has_signed_in(timeline, start.from)) {
            judge_start(joined, timeline, start, &mut evidence);
        }
    }
    evidence
}

fn judge_start(joined: &Joined<'_>, timeline: &InstallTimeline<'_>, start: &Start<'_>, evidence: &mut Evidence) {
    let creates = start.made(timeline, &[SdkCommandName::CreateUser]);
    let is_known = |credential: &str| {
        let mut earlier = made(timeline, &[SdkCommandName::CreateUser]).filter(|command| command.seq < start.from);
        earlier.any(|command| command.text("credential") == Some(credential))
    };
    let handed = || creates.iter().filter_map(|command| Some((command, command.text("credential")?)));
    let stale = handed().find(|(_, credential)| is_known(credential));
    let is_fresh = handed().any(|(_, credential)| !is_known(credential));
    let is_excused = stale.is_none() && was_asked_for_credential(joined, start.from, start.until);
    evidence.exercised += u64::from(is_fresh || !is_excused);
    if is_fresh || is_excused {
        return;
    }
    let (install, user) = (&timeline.install, start.user);
    let with = stale.map_or_else(|| "with none".to_owned(), |(_, credential)| format!("with {credential} once more"));
    let message = format!("the app of {install} was started for {user}, and signed in {with}");
    let proof = [start.command.seq].into_iter().chain(stale.map(|(command, _)| command.seq));
    evidence.findings.push(Finding::new(message, proof));
}

fn has_signed_in(timeline: &InstallTimeline<'_>, place: u64) -> bool {
    made(timeline, &[SdkCommandName::CreateUser]).any(|command| command.done().is_some_and(|done| done < place))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::testing::{Story, failed, issue, issued, no_occasion, same_occasion, wish};

    const ABLE: &[&str] = &["open", "log_in", "create_user"];

    /// An app that signed in with the first credential and was killed.
    fn signed_in() -> Story {
        let mut story = Story::of_app(ABLE).knowing("credential.mint", "each_start");
        story.does("phone", SdkCommandName::Launch, None, |_| {});
        story.does("phone", SdkCommandName::Open, None, |_| {});
        story.does("phone", SdkCommandName::LogIn, Some("alice"), |story| hand(story, "credential#1"));
        story.does("phone", SdkCommandName::Kill, None, |_| {});
        story
    }

    fn hand(story: &mut Story, credential: &str) {
        story.call(issue("a-1"), issued(credential));
        story.made("phone", SdkCommandName::CreateUser, json!({"credential": credential}), Some(true));
    }

    fn opened(what: impl FnOnce(&mut Story)) -> Story {
        let mut story = signed_in();
        story.does("phone", SdkCommandName::Launch, None, |_| {});
        story.does("phone", SdkCommandName::Open, None, what);
        story
    }

    #[test]
    fn a_new_credential_at_the_next_start_holds_and_the_same_start_with_the_old_one_is_found() {
        let right = opened(|story| hand(story, "credential#2"));
        same_occasion(&RULE, &right, &opened(|story| hand(story, "credential#1")));
        same_occasion(&RULE, &right, &opened(|_| {}));
        no_occasion(&RULE, &signed_in());
    }

    #[test]
    fn the_credential_of_last_time_is_found() {
        let story = opened(|story| {
            story.made("phone", SdkCommandName::CreateUser, json!({"credential": "credential#1"}), Some(false));
        });
        let message = "the app of phone was started for alice, and signed in with credential#1 once more";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![15, 16])]);
    }

    #[test]
    fn a_start_without_any_credential_is_found() {
        let message = "the app of phone was started for alice, and signed in with none";
        assert_eq!(opened(|_| {}).findings(&RULE), [(message.to_owned(), vec![15])]);
    }

    #[test]
    fn a_backend_that_hands_nothing_out_excuses_the_app() {
        let story = opened(|story| {
            let asked = story.send(crate::rules::testing::app(wish("alice")));
            story.answer(asked, failed(502, "not now"));
        });
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn a_device_without_a_network_excuses_the_app() {
        let mut story = signed_in();
        story.told("phone", SdkCommandName::Network, json!({"online": false}));
        story.does("phone", SdkCommandName::Launch, None, |_| {});
        story.does("phone", SdkCommandName::Open, None, |_| {});
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn where_one_credential_is_enough_and_where_no_app_was_driven_it_is_not_testable() {
        let story = Story::of_app(ABLE).knowing("credential.mint", "once_per_install");
        let reason = "the vendor asks for no new credential at each start";
        assert_eq!(story.evidence(&RULE).not_testable.as_deref(), Some(reason));
        let story = Story::of(&["sdk"]).knowing("credential.mint", "each_start");
        let reason = "no app was driven, so what it does with its SDK was not seen";
        assert_eq!(story.evidence(&RULE).not_testable.as_deref(), Some(reason));
    }
}
