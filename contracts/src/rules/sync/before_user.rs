use crate::history::Subject;
use crate::protocol::{CommandName, SdkCommandName};
use crate::rules::apps::{each_app, has_logged_out, made};
use crate::rules::batches::{may_hold, submits};
use crate::rules::several::each_subject;
use crate::rules::timelines::{CommandRecord, InstallTimeline, carried, each_install};
use crate::rules::{Context, Evidence, Finding, Monitor};

rule! {
    /// Nothing is synced before there is a user whose it is.
    ///
    /// ### What is wrong
    /// A batch of an install went to the vendor before its user had been created, and without any session. Or the app told its
    /// SDK to start syncs before a call for the user had succeeded.
    ///
    /// ### Why it matters
    /// Nobody can say whose data that is, so it is lost or, worse, filed under whoever comes next. The person may not have
    /// agreed to anything yet.
    ///
    /// ### How it is provoked
    /// The app starts its SDK, records something, and asks it to sync, before it asks for the user or while that fails.
    ///
    /// ### What is right
    /// The app starts syncs once it hears that the user was created. The SDK keeps what is recorded until then, or refuses it,
    /// and refuses to sync.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         launch
    /// app -> sdk         start_sync
    /// sdk -> vendor      POST /sdk/batches                              <- there is no user yet
    /// ```
    {
        name: "sync/before-user",
        subjects: [Sdk, App],
        needs: [SubmitBatch],
        precondition: "an SDK that is asked to sync before it has a user while it holds something, or an app that starts syncs",
        monitor: |context| each_subject(context, &[(Subject::Sdk, of_sdk), (Subject::App, of_app)]),
    }
}

fn of_sdk(context: &Context<'_>) -> Box<dyn Monitor> {
    each_install(context.lacks_commands(&[]), judge)
}

fn of_app(context: &Context<'_>) -> Box<dyn Monitor> {
    each_app(context, &["create_user", "start_sync"], judge_app)
}

/// Commands that could make an SDK submit something.
const TEMPTING: &[SdkCommandName] =
    &[SdkCommandName::Record, SdkCommandName::StartSync, SdkCommandName::SyncNow, SdkCommandName::ForwardPush];

/// Commands to sync.
const SYNCING: &[SdkCommandName] = &[SdkCommandName::StartSync, SdkCommandName::SyncNow, SdkCommandName::ForwardPush];

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    let created =
        timeline.calls(CommandName::CreateUser).find_map(|create| create.is_done().then(|| create.answer_in_place()));
    let created = created.flatten().map_or(u64::MAX, |(seq, _)| seq);
    let early = submits(timeline)
        .into_iter()
        .find(|submit| submit.opened < created && carried(submit, "session").next().is_none());
    let tempted = timeline.commands(TEMPTING).find(|command| command.seq < created);
    let is_asked = timeline.commands(SYNCING).any(|command| command.seq < created && command.is_over());
    evidence.exercised += u64::from(is_asked && may_hold(timeline, created) || early.is_some());
    if let Some(early) = early {
        let message = format!("the SDK of {} submitted a batch before it had a user", timeline.install);
        evidence
            .findings
            .push(Finding::new(message, tempted.map(|command| command.seq).into_iter().chain([early.opened])));
    }
}

fn judge_app(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    // Another rule judges syncs that are started after the user has logged out.
    for start in made(timeline, &[SdkCommandName::StartSync]).filter(|start| !has_logged_out(timeline, start.seq)) {
        evidence.exercised += 1;
        if !has_user(timeline, start) {
            let message = format!("the app of {} started syncs before its user had been created", timeline.install);
            evidence.findings.push(Finding::new(message, [start.seq]));
        }
    }
}

/// Whether a user was created since the SDK was reset, or an earlier run of the app left one.
fn has_user(timeline: &InstallTimeline<'_>, start: &CommandRecord) -> bool {
    let reset =
        made(timeline, &[SdkCommandName::Reset, SdkCommandName::Forget]).rfind(|command| command.seq < start.seq);
    let since = reset.map_or(0, |command| command.seq);
    let is_created =
        |command: &CommandRecord| command.seq > since && command.done().is_some_and(|done| done < start.seq);
    made(timeline, &[SdkCommandName::CreateUser]).any(is_created) || reset.is_none() && has_older_user(timeline)
}

/// Whether an install used a session without having asked for any user.
fn has_older_user(timeline: &InstallTimeline<'_>) -> bool {
    let never_asked = timeline.calls(CommandName::CreateUser).next().is_none();
    never_asked && timeline.spoke.iter().any(|exchange| carried(exchange, "session").next().is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::ReplyName;
    use crate::rules::testing::{Story, create, no_occasion, refused, response, same_occasion, sdk, signed_in, submit};

    fn nameless() -> crate::history::Request {
        sdk("phone", CommandName::SubmitBatch, None, json!({"batch_id": "b-1"}))
    }

    fn started() -> Story {
        let mut story = Story::of(&["sdk"]);
        story.told("phone", SdkCommandName::StartSync, json!({}));
        story
    }

    fn app(calls: &[(SdkCommandName, Option<bool>)]) -> Story {
        let mut story = Story::of_app(&["create_user", "start_sync"]);
        for (name, done) in calls {
            story.made("phone", *name, json!({}), *done);
        }
        story
    }

    #[test]
    fn an_app_that_starts_syncs_once_its_user_is_created_holds() {
        let calls = [(SdkCommandName::CreateUser, Some(true)), (SdkCommandName::StartSync, Some(true))];
        assert_eq!(app(&calls).passed(&RULE), 1);
        same_occasion(&RULE, &app(&calls), &app(&[(SdkCommandName::StartSync, Some(true))]));
    }

    #[test]
    fn the_same_sync_that_brings_something_before_the_user_is_found() {
        let synced = |record: bool, batch: bool| {
            let mut story = Story::of(&["sdk"]);
            if record {
                story.told("phone", SdkCommandName::Record, json!({"id": "i-1"}));
            }
            story.told("phone", SdkCommandName::SyncNow, json!({}));
            if batch {
                story.call(nameless(), response(401));
            }
            story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
            story.told("phone", SdkCommandName::Record, json!({"id": "i-2"}));
            story
        };
        same_occasion(&RULE, &synced(true, false), &synced(true, true));
        no_occasion(&RULE, &synced(false, false));
    }

    #[test]
    fn an_app_that_starts_syncs_without_a_user_is_found() {
        let message = "the app of phone started syncs before its user had been created";
        for done in [Some(false), None] {
            let calls = [(SdkCommandName::CreateUser, done), (SdkCommandName::StartSync, Some(false))];
            let place = if done.is_some() { 3 } else { 2 };
            assert_eq!(app(&calls).findings(&RULE), [(message.to_owned(), vec![place])]);
        }
        let reset = [SdkCommandName::CreateUser, SdkCommandName::Reset, SdkCommandName::StartSync]
            .map(|name| (name, Some(true)));
        assert_eq!(app(&reset).findings(&RULE), [(message.to_owned(), vec![5])]);
    }

    #[test]
    fn syncs_without_user_are_another_rules_affair_and_those_during_the_next_login_are_not() {
        let mut story = Story::of_app(&["create_user", "start_sync"]);
        story.does("phone", SdkCommandName::LogOut, None, |_| {});
        story.made("phone", SdkCommandName::StartSync, json!({}), Some(true));
        assert_eq!(story.passed(&RULE), 0);
        story.does("phone", SdkCommandName::LogIn, Some("bob"), |story| {
            story.made("phone", SdkCommandName::StartSync, json!({}), Some(true));
        });
        let message = "the app of phone started syncs before its user had been created";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![6])]);
    }

    #[test]
    fn what_an_app_asks_for_once_its_user_has_logged_out_is_another_rules_affair() {
        let mut story = app(&[(SdkCommandName::CreateUser, Some(true)), (SdkCommandName::Reset, Some(true))]);
        story.told("phone", SdkCommandName::LogOut, json!({}));
        story.made("phone", SdkCommandName::StartSync, json!({}), Some(false));
        assert_eq!(story.passed(&RULE), 0);
        story.does("phone", SdkCommandName::LogIn, Some("alice"), |_| {});
        story.made("phone", SdkCommandName::StartSync, json!({}), Some(false));
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn an_app_whose_sdk_has_its_user_from_an_earlier_run_holds() {
        let mut story = app(&[]);
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(200));
        story.made("phone", SdkCommandName::StartSync, json!({}), Some(true));
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn an_sdk_that_waits_for_its_user_holds() {
        let mut story = started();
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(200));
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_batch_before_the_user_is_there_is_found() {
        let mut story = started();
        story.call(create("phone", "credential#1"), refused(ReplyName::Unavailable));
        story.call(nameless(), response(401));
        let message = "the SDK of phone submitted a batch before it had a user";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1, 5])]);
    }

    #[test]
    fn a_session_from_an_earlier_run_shows_that_there_is_a_user() {
        let mut story = started();
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(200));
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn an_sdk_that_nobody_tempted_shows_nothing() {
        let mut story = Story::of(&["sdk"]);
        story.told("phone", SdkCommandName::Launch, json!({}));
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        assert_eq!(story.passed(&RULE), 0);
    }
}
