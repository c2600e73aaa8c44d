use crate::protocol::{CommandName, ReplyName, SdkCommandName};
use crate::rules::batches::ids;
use crate::rules::timelines::{InstallTimeline, each_install};
use crate::rules::tracker::Exchange;
use crate::rules::work::Habits;
use crate::rules::{Evidence, Finding, words};

rule! {
    /// An install that is told that it is deactivated falls silent until its user is created again.
    ///
    /// ### What is wrong
    /// The vendor said that another device took this install's place, or that the user is switched off on it. After that the
    /// SDK sent data, or went on with more than one further request, before its app asked for the user again.
    ///
    /// ### Why it matters
    /// Two devices that both report a person's life contradict each other. Only one counts, and the other has to know it:
    /// what it goes on to send is thrown away, at the cost of battery and data.
    ///
    /// ### How it is provoked
    /// The user signs in on a second device, which deactivates the first.
    ///
    /// ### What is right
    /// The SDK stops its timers, keeps or drops its queue, and tells its app. One further request is forgiven, and so are
    /// giving the session up and erasing the user.
    ///
    /// ### Example
    /// ```text
    /// sdk -> vendor      POST /sdk/batches  session#1
    /// vendor -> sdk      403 install_deactivated
    /// sdk -> vendor      POST /sdk/batches  session#1                  <- eight hours later, and so on
    /// ```
    {
        name: "session/deactivated-sends",
        subjects: [Sdk],
        needs: [],
        precondition: "an SDK that was told that its install is deactivated, and then something to submit, with a sync or time for one",
        monitor: |context| {
            let habits = Habits::of(context);
            each_install(context.lacks_commands(&[]), move |timeline, evidence| judge(timeline, habits, evidence))
        },
    }
}

/// The number of further requests without data that are tolerated.
const FORGIVEN: usize = 1;

fn judge(timeline: &InstallTimeline<'_>, habits: Habits, evidence: &mut Evidence) {
    let mut judged_until = 0;
    for refused in &timeline.spoke {
        let Some((heard, reply)) = deactivated(refused).filter(|(heard, _)| *heard >= judged_until) else { continue };
        let asked =
            timeline.commands(&[SdkCommandName::CreateUser]).map(|command| command.seq).find(|seq| *seq > heard);
        judged_until = asked.unwrap_or(u64::MAX);
        evidence.exercised += u64::from(is_tempted(timeline, habits, heard, judged_until));
        let crossed = |later: &Exchange| {
            let may_have = refused.answered.is_some_and(|heard| later.began.may_have_crossed(heard));
            may_have && !brings_newer(timeline, later, heard)
        };
        let further: Vec<_> = timeline
            .spoke
            .iter()
            .copied()
            .filter(|later| is_further(later, heard, judged_until) && !crossed(later))
            .collect();
        let data = further.iter().copied().find(|later| later.command() == Some(CommandName::SubmitBatch));
        let Some(offence) = data.or_else(|| further.get(FORGIVEN).copied()) else { continue };
        let message = format!(
            "the SDK of {} heard {reply}, and went on with {} before its app asked for the user again",
            timeline.install,
            words::operation(&offence.request)
        );
        evidence.findings.push(Finding::new(message, [refused.opened, heard, offence.opened]));
    }
}

/// Whether an SDK that goes on would have sent something between these places: an item to record, and then a sync that
/// its app asked for, or time for one.
fn is_tempted(timeline: &InstallTimeline<'_>, habits: Habits, heard: u64, until: u64) -> bool {
    let mut records =
        timeline.commands(&[SdkCommandName::Record]).filter(|record| (heard..until).contains(&record.seq));
    records.any(|record| {
        let has_time =
            until == u64::MAX && habits.pace.between(record.began, timeline.ended) >= habits.timeout(timeline);
        has_time || timeline.was_told(&[SdkCommandName::SyncNow, SdkCommandName::ForwardPush], record.seq, until)
    })
}

/// Whether a batch has an item that was recorded after this place, so that it was packed after it.
fn brings_newer(timeline: &InstallTimeline<'_>, batch: &Exchange, place: u64) -> bool {
    let ids = ids(batch);
    let mut records = timeline.commands(&[SdkCommandName::Record]).filter(|record| record.seq > place);
    records.any(|record| record.text("id").is_some_and(|id| ids.contains(id)))
}

fn deactivated(exchange: &Exchange) -> Option<(u64, ReplyName)> {
    let (heard, answer) = exchange.delivered()?;
    let reply = answer.reply?;
    matches!(reply, ReplyName::InstallDeactivated | ReplyName::UserDisabled).then_some((heard, reply))
}

fn is_further(later: &Exchange, heard: u64, until: u64) -> bool {
    let is_leaving = matches!(later.command(), Some(CommandName::EndSession | CommandName::EraseUser));
    (heard..until).contains(&later.opened) && !is_leaving
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::testing::{Story, create, no_occasion, refused, response, same_occasion, sdk, signed_in, submit};

    fn batch() -> crate::history::Request {
        submit("phone", "session#1", "b-1", &["i-1"])
    }

    fn permissions() -> crate::history::Request {
        sdk("phone", CommandName::ReportPermissions, Some("session#1"), json!({}))
    }

    fn told() -> Story {
        let mut story = Story::of(&["sdk:record"]);
        story.call(batch(), refused(ReplyName::InstallDeactivated));
        story.pass(1000);
        story
    }

    /// Something to submit, and a request of the app to do so.
    fn tempt(story: &mut Story) {
        story.told("phone", SdkCommandName::Record, json!({"id": "i-2", "category": "location"}));
        story.told("phone", SdkCommandName::SyncNow, json!({}));
    }

    #[test]
    fn only_an_sdk_that_had_something_to_submit_was_exercised() {
        no_occasion(&RULE, &told());
        let (mut right, mut wrong) = (told(), told());
        tempt(&mut right);
        tempt(&mut wrong);
        wrong.call(submit("phone", "session#1", "b-2", &["i-2"]), response(403));
        same_occasion(&RULE, &right, &wrong);
    }

    #[test]
    fn a_batch_with_what_was_recorded_later_did_not_cross_the_refusal() {
        let mut story = Story::of(&["sdk:record"]);
        story.call(batch(), refused(ReplyName::InstallDeactivated));
        tempt(&mut story);
        story.call(submit("phone", "session#1", "b-2", &["i-2"]), refused(ReplyName::InstallDeactivated));
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn what_was_on_its_way_when_the_refusal_came_is_forgiven() {
        let mut story = Story::of(&["sdk:record"]);
        story.call(permissions(), refused(ReplyName::InstallDeactivated));
        story.call(batch(), refused(ReplyName::InstallDeactivated));
        assert_eq!(story.passed(&RULE), 0);
        story.pass(1000);
        story.call(batch(), refused(ReplyName::InstallDeactivated));
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn silence_and_one_further_request_hold() {
        let mut story = told();
        story.call(permissions(), refused(ReplyName::InstallDeactivated));
        tempt(&mut story);
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn data_is_found_and_told_of_once() {
        let mut story = told();
        story.call(batch(), refused(ReplyName::InstallDeactivated));
        story.call(batch(), refused(ReplyName::InstallDeactivated));
        let message = "the SDK of phone heard install_deactivated, and went on with submit_batch before its app asked for \
                       the user again";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1, 2, 3])]);
    }

    #[test]
    fn a_second_further_request_of_any_kind_is_found() {
        let mut story = told();
        story.call(permissions(), response(403));
        story.call(permissions(), response(403));
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn what_began_before_holds_and_so_does_what_follows_another_create() {
        let mut story = Story::of(&["sdk:record"]);
        let (first, second) = (story.send(batch()), story.send(batch()));
        story.answer(first, refused(ReplyName::UserDisabled));
        story.answer(second, refused(ReplyName::UserDisabled));
        story.call_of("phone", SdkCommandName::CreateUser, json!({}), Some("alice"));
        story.call(create("phone", "credential#2"), signed_in("5a18", "session#2"));
        story.call(submit("phone", "session#2", "b-2", &["i-1"]), response(200));
        assert_eq!(story.passed(&RULE), 0, "nothing was asked of it in between");
    }

    #[test]
    fn other_refusals_are_not_judged() {
        let mut story = Story::of(&["sdk:record"]);
        story.call(batch(), refused(ReplyName::SessionExpired));
        story.call(batch(), refused(ReplyName::SessionExpired));
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn without_commands_it_is_unknown_what_the_app_asked_for() {
        let mut story = Story::new();
        story.call(batch(), refused(ReplyName::InstallDeactivated));
        story.call(batch(), response(200));
        let evidence = story.evidence(&RULE);
        assert_eq!((evidence.exercised, evidence.findings), (0, Vec::new()));
        assert!(evidence.not_testable.is_some());
    }
}
