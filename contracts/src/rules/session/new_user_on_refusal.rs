use crate::history::Response;
use crate::protocol::{CommandName, ReplyName, SdkCommandName};
use crate::rules::timelines::{InstallTimeline, each_install, whose};
use crate::rules::tracker::Exchange;
use crate::rules::{Evidence, Finding, words};

rule! {
    /// An SDK whose session is refused makes no new user of its own accord.
    ///
    /// ### What is wrong
    /// The vendor refused a request of an install for its session, and the SDK answered by creating a user, or coming back
    /// as another one, though its app had not asked for that.
    ///
    /// ### Why it matters
    /// The person's history is cut in two, and the part that counts is now somebody that neither the app nor its backend has
    /// ever heard of.
    ///
    /// ### How it is provoked
    /// Sessions expire, are revoked, and end because the user was erased or is active elsewhere.
    ///
    /// ### What is right
    /// The SDK renews its session if it can, signs the same user in again if it may, or is signed out and tells its app.
    ///
    /// ### Example
    /// ```text
    /// sdk -> vendor      POST /sdk/batches  session#1
    /// vendor -> sdk      401 session_was_ended
    /// sdk -> vendor      POST /sdk/users                        <- nobody asked for this
    /// vendor -> sdk      200 {"user": "9c07"}
    /// ```
    {
        name: "session/new-user-on-refusal",
        subjects: [Sdk],
        needs: [CreateUser],
        precondition: "an SDK whose request the vendor refused for its session, and that had a turn before its app asked for a user: a request of it, or a command",
        monitor: |context| each_install(context.lacks_commands(&[]), judge),
    }
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    for refused in &timeline.spoke {
        let Some((heard, answer)) = refused.delivered().filter(|(_, answer)| is_refusal(refused, answer)) else {
            continue;
        };
        evidence.exercised += u64::from(had_turn(timeline, heard));
        let another = timeline.calls(CommandName::CreateUser).find(|create| is_unasked(timeline, create, heard));
        let is_told =
            |create: &Exchange| evidence.findings.iter().any(|finding| finding.events.contains(&create.opened));
        if let Some(create) = another.filter(|create| !is_told(create)) {
            let message = format!(
                "the SDK of {} was answered {} to {}, and made a new user, which its app had not asked for",
                timeline.install,
                words::reply(answer),
                words::operation(&refused.request)
            );
            evidence.findings.push(Finding::new(message, [refused.opened, heard, create.opened]));
        }
    }
}

/// Whether the SDK had a turn after this place and before its app asked for a user.
fn had_turn(timeline: &InstallTimeline<'_>, heard: u64) -> bool {
    let asked = || timeline.commands(&[SdkCommandName::CreateUser]);
    let next = asked().map(|command| command.seq).find(|seq| *seq > heard).unwrap_or(u64::MAX);
    !asked().any(|command| command.is_open_at(heard)) && timeline.had_turn(heard, next)
}

fn is_refusal(exchange: &Exchange, answer: &Response) -> bool {
    use ReplyName as R;
    let about_session = |reply| {
        matches!(
            reply,
            R::SessionMissing
                | R::SessionUnknown
                | R::SessionExpired
                | R::SessionWasEnded
                | R::InstallDeactivated
                | R::UserDisabled
                | R::UserWasErased
        )
    };
    exchange.command() != Some(CommandName::CreateUser)
        && answer.reply.map_or(matches!(answer.status, 401 | 403), about_session)
}

/// Whether a create after this place made a new user, or another one than before, and no app asked for one.
fn is_unasked(timeline: &InstallTimeline<'_>, create: &Exchange, heard: u64) -> bool {
    let mut commands = timeline.commands(&[SdkCommandName::CreateUser]);
    let is_asked =
        commands.any(|command| command.is_open_at(heard) || heard < command.seq && command.seq < create.opened);
    let earlier = timeline.calls(CommandName::CreateUser).rfind(|other| other.opened < heard && other.is_done());
    let before = earlier.and_then(whose);
    let is_new = create.answer().is_some_and(|answer| answer.reply == Some(ReplyName::UserCreated));
    let is_other = before.zip(whose(create)).is_some_and(|(before, now)| before != now);
    create.opened > heard && create.is_done() && !is_asked && (is_new || is_other)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::testing::{
        Story, answered, create, no_occasion, refused, response, same_occasion, signed_in, submit,
    };

    fn asks(story: &mut Story, credential: &str, answer: Response) {
        let call = story.call_of("phone", SdkCommandName::CreateUser, json!({}), Some("alice"));
        story.call(create("phone", credential), answer);
        story.returned(call, true);
    }

    fn story(refusal: Response) -> Story {
        let mut story = Story::of(&["sdk"]);
        asks(&mut story, "credential#1", signed_in("5a18", "session#1"));
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), refusal);
        story
    }

    #[test]
    fn an_sdk_that_signs_out_holds_and_the_same_one_that_makes_a_new_user_is_found() {
        let ended = || story(refused(ReplyName::SessionWasEnded));
        let (mut right, mut wrong) = (ended(), ended());
        right.told("phone", SdkCommandName::SyncNow, json!({}));
        wrong.call(create("phone", "credential#2"), signed_in("9c07", "session#2"));
        same_occasion(&RULE, &right, &wrong);
        no_occasion(&RULE, &ended());
    }

    #[test]
    fn a_new_user_that_nobody_asked_for_is_found_once() {
        let mut story = story(refused(ReplyName::SessionWasEnded));
        story.call(submit("phone", "session#1", "b-2", &["i-2"]), refused(ReplyName::SessionWasEnded));
        story.call(create("phone", "credential#2"), signed_in("9c07", "session#2"));
        let message = "the SDK of phone was answered session_was_ended to submit_batch, and made a new user, which its app \
                       had not asked for";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![5, 6, 9])]);
    }

    #[test]
    fn a_bare_401_or_403_is_a_refusal_too() {
        for status in [401, 403] {
            let mut story = story(response(status));
            story.call(create("phone", "credential#2"), signed_in("9c07", "session#2"));
            assert_eq!(story.findings(&RULE).len(), 1, "{status}");
        }
    }

    #[test]
    fn signing_the_same_user_in_again_holds() {
        let mut story = story(refused(ReplyName::SessionExpired));
        let restored = answered(ReplyName::UserRestored, json!({"user_id": "5a18", "session": "session#2"}));
        story.call(create("phone", "credential#2"), restored);
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_user_that_the_app_asks_for_holds() {
        let mut story = story(refused(ReplyName::UserWasErased));
        asks(&mut story, "credential#2", signed_in("9c07", "session#2"));
        no_occasion(&RULE, &story);
    }

    #[test]
    fn refusals_about_anything_else_are_not_judged() {
        let mut story = story(refused(ReplyName::Malformed));
        story.call(create("phone", "credential#2"), signed_in("9c07", "session#2"));
        assert_eq!(story.passed(&RULE), 0);
    }
}
