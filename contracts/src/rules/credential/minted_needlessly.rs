use crate::protocol::{CommandName, MintPolicy, ReplyName, SdkCommandName};
use crate::rules::apps::{Start, commanded, is_alone, made, not_testable, over_apps, starts};
use crate::rules::timelines::{CommandRecord, InstallTimeline};
use crate::rules::{Context, Evidence, Finding, Joined, Monitor};

rule! {
    /// Where one credential is enough for an install, an app whose user is signed in asks for no other.
    ///
    /// ### What is wrong
    /// The SDK had its user, nothing had ended the session, and at the next start the app had its backend ask the vendor for
    /// one more credential.
    ///
    /// ### Why it matters
    /// Every start of every app costs a call of the backend and one of the vendor, and runs into its limits on a busy morning.
    /// A credential that nobody needed is one more that can get lost.
    ///
    /// ### How it is provoked
    /// The app is killed, started and opened again while its user is logged in and its SDK signed in.
    ///
    /// ### What is right
    /// The app asks its SDK whether it has a user, and asks its backend only where it has none.
    ///
    /// ### Example
    /// ```text
    /// user -> app        launch, open
    /// backend -> vendor  POST /credentials {"user": "a-1"}             <- alice is signed in
    /// ```
    {
        name: "credential/minted-needlessly",
        subjects: [App],
        needs: [IssueCredential],
        precondition: "a start of an app whose SDK has its user, where one credential is enough",
        monitor: monitor,
    }
}

fn monitor(context: &Context<'_>) -> Box<dyn Monitor> {
    match context.fact("credential.mint") {
        Some(MintPolicy::OncePerInstall) => over_apps(context, &["open", "log_in", "create_user"], judge),
        _ => not_testable("one credential is not enough for an install of this vendor".to_owned()),
    }
}

fn judge(joined: &Joined<'_>) -> Evidence {
    let mut evidence = Evidence::default();
    let all = joined.timelines();
    for timeline in all {
        for start in starts(timeline).iter().filter(|start| is_signed_in(timeline, start)) {
            evidence.exercised += 1;
            if let Some(minted) = minted(joined, all, timeline, start) {
                let (install, user) = (&timeline.install, start.user);
                let message = format!(
                    "the app of {install} was started for {user}, who was signed in, and asked for a credential"
                );
                evidence.findings.push(Finding::new(message, [start.command.seq, minted]));
            }
        }
    }
    evidence
}

/// Whether the app was opened for the user whom its SDK has, and the vendor has not ended that since.
fn is_signed_in(timeline: &InstallTimeline<'_>, start: &Start<'_>) -> bool {
    let Some(create) = made(timeline, &[SdkCommandName::CreateUser]).rfind(|command| command.seq < start.from) else {
        return false;
    };
    let was_left = timeline.was_told(
        &[SdkCommandName::Reset, SdkCommandName::Forget, SdkCommandName::LogOut],
        create.seq,
        start.from,
    );
    let is_opened = start.command.call.name == SdkCommandName::Open;
    // The app reported the call at the end of the command during which it was made.
    let since = commanded(timeline, &[SdkCommandName::Launch, SdkCommandName::Open, SdkCommandName::LogIn])
        .rfind(|command| command.seq < create.seq)
        .map_or(0, |command| command.seq);
    create.done().is_some() && !was_left && is_opened && !was_refused(timeline, since, start.until)
}

fn was_refused(timeline: &InstallTimeline<'_>, from: u64, until: u64) -> bool {
    use ReplyName as R;
    let answers = timeline.spoke.iter().filter_map(|exchange| exchange.answer_in_place());
    let mut replies = answers.filter(|(seq, _)| from < *seq && *seq < until).filter_map(|(_, answer)| answer.reply);
    replies.any(|reply| {
        reply.as_str().starts_with("session_") && reply.is_refusal()
            || matches!(reply, R::InstallDeactivated | R::UserDisabled | R::UserWasErased)
    })
}

/// The place where a credential was made for a start. It is handed over for the first time, or was issued while no
/// other app did anything.
fn minted(
    joined: &Joined<'_>,
    all: &[InstallTimeline<'_>],
    timeline: &InstallTimeline<'_>,
    start: &Start<'_>,
) -> Option<u64> {
    let is_new = |command: &&&CommandRecord| {
        let mut before = made(timeline, &[SdkCommandName::CreateUser]).filter(|other| other.seq < command.seq);
        command.text("credential").is_some()
            && before.all(|other| other.text("credential") != command.text("credential"))
    };
    let handed = start.made(timeline, &[SdkCommandName::CreateUser]).iter().find(is_new).map(|command| command.seq);
    let done = start.command.done()?;
    let issued = joined.exchanges().iter().copied().find(|exchange| {
        let is_issue = exchange.command() == Some(CommandName::IssueCredential);
        is_issue
            && start.from < exchange.opened
            && exchange.opened < done
            && is_alone(all, &timeline.install, exchange.opened)
    });
    handed.or(issued.map(|exchange| exchange.opened))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::testing::{Story, issue, issued, no_occasion, refused, same_occasion, submit};

    const ABLE: &[&str] = &["open", "log_in", "create_user"];

    /// An app whose SDK is signed in, then the given events, then a kill.
    fn signed_in(then: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of_app(ABLE).knowing("credential.mint", "once_per_install");
        story.does("phone", SdkCommandName::Launch, None, |_| {});
        story.does("phone", SdkCommandName::Open, None, |_| {});
        story.does("phone", SdkCommandName::LogIn, Some("alice"), |story| hand(story, "credential#1"));
        then(&mut story);
        story.does("phone", SdkCommandName::Kill, None, |_| {});
        story
    }

    fn hand(story: &mut Story, credential: &str) {
        story.call(issue("a-1"), issued(credential));
        story.made("phone", SdkCommandName::CreateUser, json!({"credential": credential}), Some(true));
    }

    fn opened(mut story: Story, what: impl FnOnce(&mut Story)) -> Story {
        story.does("phone", SdkCommandName::Launch, None, |_| {});
        story.does("phone", SdkCommandName::Open, None, what);
        story
    }

    #[test]
    fn a_start_that_asks_for_nothing_holds_and_the_same_one_that_asks_is_found() {
        let wrong = opened(signed_in(|_| {}), |story| hand(story, "credential#2"));
        same_occasion(&RULE, &opened(signed_in(|_| {}), |_| {}), &wrong);
        no_occasion(&RULE, &signed_in(|_| {}));
    }

    #[test]
    fn a_credential_that_is_handed_over_or_only_issued_is_found() {
        let message = "the app of phone was started for alice, who was signed in, and asked for a credential";
        let both = opened(signed_in(|_| {}), |story| hand(story, "credential#2"));
        assert_eq!(both.findings(&RULE), [(message.to_owned(), vec![15, 18])]);
        let issued = opened(signed_in(|_| {}), |story| story.call(issue("a-1"), issued("credential#2")));
        assert_eq!(issued.findings(&RULE), [(message.to_owned(), vec![15, 16])]);
    }

    #[test]
    fn what_another_app_asks_for_meanwhile_is_not_this_ones() {
        let story = opened(signed_in(|_| {}), |story| {
            story.does("tablet", SdkCommandName::Open, None, |story| story.call(issue("a-1"), issued("credential#2")));
        });
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn an_app_whose_session_was_refused_or_that_was_reset_needs_a_new_one() {
        let refused = signed_in(|story| {
            story.call(submit("phone", "session#1", "b-1", &["i-1"]), refused(ReplyName::SessionExpired));
        });
        assert_eq!(opened(refused, |story| hand(story, "credential#2")).passed(&RULE), 0);
        let reset = signed_in(|story| story.made("phone", SdkCommandName::Reset, json!({}), Some(true)));
        assert_eq!(opened(reset, |story| hand(story, "credential#2")).passed(&RULE), 0);
    }

    #[test]
    fn where_each_start_takes_a_credential_it_is_not_testable() {
        let story = Story::of_app(ABLE).knowing("credential.mint", "each_start");
        let reason = "one credential is not enough for an install of this vendor";
        assert_eq!(story.evidence(&RULE).not_testable.as_deref(), Some(reason));
    }
}
