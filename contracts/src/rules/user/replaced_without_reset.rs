use crate::history::{Response, Subject};
use crate::protocol::{CommandName, Field, ReplyName, SdkCommandName};
use crate::rules::apps::{each_app, for_whom, made};
use crate::rules::several::each_subject;
use crate::rules::timelines::{CommandRecord, InstallTimeline, each_install, whose};
use crate::rules::tracker::Exchange;
use crate::rules::work::{ends_session, is_hopeless_renewal};
use crate::rules::{Context, Evidence, Finding, Monitor};

rule! {
    /// An install that holds a user gets another one only after a reset.
    ///
    /// ### What is wrong
    /// The SDK held a user, and made the vendor create another one on the same install, though nobody had reset it between. Or
    /// the app asked for another user without a reset, while the first one had not logged out.
    ///
    /// ### Why it matters
    /// What was recorded of the first person lies in the queue and in the SDK's memory, and goes out under the second. Both
    /// people's data are wrong from then on, and nobody can tell which is whose.
    ///
    /// ### How it is provoked
    /// A second user logs in while the first is still signed in, and the app asks for the second one's user. An app that does
    /// nothing at logout is the affair of `user/state-not-cleared`.
    ///
    /// ### What is right
    /// The app resets its SDK first, and the SDK refuses otherwise. If the vendor ended the first one's session, erased the
    /// user or never made it active on this install, the install is free again. An app that asks for the same person gets
    /// what its vendor has for that person, also if that is somebody new. An SDK that has somebody else created of its own
    /// accord, after a refusal, is the affair of `session/new-user-on-refusal`.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         create_user (alice)
    /// sdk -> vendor      POST /sdk/users  {"code": "credential#1"}
    /// app -> sdk         create_user (bob)
    /// sdk -> vendor      POST /sdk/users  {"code": "credential#2"}      <- alice is still there
    /// ```
    {
        name: "user/replaced-without-reset",
        subjects: [Sdk, App],
        needs: [CreateUser],
        precondition: "an SDK that holds a user and is asked for another one while it is online and the vendor has neither ended the first nor refuses the second, or an app whose second user logs in before the first logged out",
        monitor: |context| each_subject(context, &[(Subject::Sdk, of_sdk), (Subject::App, of_app)]),
    }
}

fn of_sdk(context: &Context<'_>) -> Box<dyn Monitor> {
    each_install(context.lacks_commands(&[]), judge)
}

fn of_app(context: &Context<'_>) -> Box<dyn Monitor> {
    each_app(context, &["log_in", "create_user", "reset"], judge_app)
}

/// Commands after which an install is free for another user.
const FREEING: &[SdkCommandName] = &[SdkCommandName::Reset, SdkCommandName::Forget, SdkCommandName::LogOut];

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    let creates: Vec<_> = timeline.calls(CommandName::CreateUser).filter(|create| create.is_done()).collect();
    let asked: Vec<_> = timeline.commands(&[SdkCommandName::CreateUser]).collect();
    let before = evidence.findings.len();
    for (place, second) in creates.iter().enumerate() {
        let earlier = creates[..place].iter().rev().find(|create| create.heard_done().is_some());
        if let Some(first) = earlier.filter(|first| is_replaced(timeline, first, second)) {
            let message = format!(
                "the SDK of {} held a user and had another one created, though it had not been reset between",
                timeline.install
            );
            evidence.findings.push(Finding::new(message, [first.opened, second.opened]));
        }
    }
    let found = (evidence.findings.len() - before) as u64;
    evidence.exercised += (switches(timeline, &asked) as u64).max(found);
}

/// Another rule judges what an app must do at logout.
fn judge_app(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    let creates: Vec<_> = made(timeline, &[SdkCommandName::CreateUser]).collect();
    for pair in creates.windows(2) {
        let [first, second] = [for_whom(timeline, pair[0]), for_whom(timeline, pair[1])];
        let is_switch = first.zip(second).is_some_and(|(first, second)| first != second);
        let Some(held) = pair[0].done().filter(|_| is_switch) else { continue };
        if timeline.was_told(&[SdkCommandName::LogOut], pair[0].seq, pair[1].seq) {
            continue;
        }
        evidence.exercised += 1;
        let mut resets = made(timeline, &[SdkCommandName::Reset, SdkCommandName::Forget]);
        if !resets.any(|reset| held < reset.seq && reset.done().is_some_and(|done| done < pair[1].seq)) {
            let message = format!("the app of {} had another user created without a reset between", timeline.install);
            evidence.findings.push(Finding::new(message, [held, pair[1].seq]));
        }
    }
}

fn is_replaced(timeline: &InstallTimeline<'_>, first: &Exchange, second: &Exchange) -> bool {
    let Some(held) = first.heard_done().filter(|held| *held < second.opened) else { return false };
    let is_another = whose(first).zip(whose(second)).is_some_and(|(first, second)| first != second);
    let mut freeing = timeline.commands(FREEING).filter(|command| command.seq < second.opened);
    let is_free = freeing.any(|command| timeline.is_behind(command, first))
        || is_over(timeline, held, second.opened)
        || is_idle(first);
    let asked = |create: &Exchange| timeline.command_for(create).and_then(|command| command.call.user.as_deref());
    let is_switch = asked(first).zip(asked(second)).is_none_or(|(first, second)| first != second);
    is_another && is_switch && !is_free && !is_after_a_refusal(timeline, held, second.opened)
}

/// Whether the vendor made a user that is not active on the install. Its app has to ask again later.
fn is_idle(create: &Exchange) -> bool {
    create.answer().and_then(|answer| answer.fields.get(Field::Active.name().as_ref())?.as_bool()) == Some(false)
}

/// Whether a request was refused, possibly for its session, while the app had not asked for another user.
fn is_after_a_refusal(timeline: &InstallTimeline<'_>, after: u64, before: u64) -> bool {
    let mut heard = timeline.spoke.iter().filter_map(|exchange| exchange.delivered());
    let is_refused = heard.any(|(seq, answer)| after < seq && seq < before && matches!(answer.status, 401 | 403));
    is_refused && !timeline.was_told(&[SdkCommandName::CreateUser], after, before)
}

/// Whether the vendor said that the user or its session is gone, or refused for good to renew the session.
fn is_over(timeline: &InstallTimeline<'_>, after: u64, before: u64) -> bool {
    // An expired session may be renewed.
    let ends = |reply: ReplyName, answer: &Response| match reply {
        ReplyName::SessionEnded | ReplyName::UserErased => true,
        _ => reply != ReplyName::SessionExpired && ends_session(answer),
    };
    let is_gone = |exchange: &Exchange, answer: &Response| {
        answer.reply.is_some_and(|reply| ends(reply, answer)) || is_hopeless_renewal(exchange)
    };
    timeline.spoke.iter().any(|exchange| {
        exchange.delivered().is_some_and(|(seq, answer)| after < seq && seq < before && is_gone(exchange, answer))
    })
}

/// The number of times the app asked for another user than the one it had, without a reset between, while the vendor
/// would have taken the other one.
fn switches(timeline: &InstallTimeline<'_>, asked: &[&CommandRecord]) -> usize {
    let is_switch = |pair: &&[&CommandRecord]| {
        let held = pair[0].done().filter(|held| *held < pair[1].seq);
        held.is_some_and(|held| {
            pair[0].call.user != pair[1].call.user
                && !timeline.was_told(FREEING, held, pair[1].seq)
                && !is_over(timeline, held, pair[1].seq)
                && is_held(timeline, pair[1].seq)
                && is_taken(timeline, pair[1])
        })
    };
    asked.windows(2).filter(is_switch).count()
}

/// Whether the install's last user is active at this place.
fn is_held(timeline: &InstallTimeline<'_>, place: u64) -> bool {
    let mut creates = timeline.calls(CommandName::CreateUser);
    let last = creates.rfind(|create| create.heard_done().is_some_and(|heard| heard < place));
    last.is_some_and(|create| !is_idle(create))
}

/// Whether the vendor could hear of another user, and refused none.
fn is_taken(timeline: &InstallTimeline<'_>, asked: &CommandRecord) -> bool {
    let Some((returned, _)) = asked.returned else { return false };
    let mut sent = timeline
        .calls(CommandName::CreateUser)
        .filter(|create| asked.seq < create.opened && create.opened < returned)
        .peekable();
    timeline.is_online(asked.seq) && (sent.peek().is_none() || sent.any(Exchange::is_done))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::Request;
    use crate::rules::testing::{
        Story, answered, create, no_occasion, refused, response, same_occasion, sdk, signed_in, submit,
    };

    fn signs_in(story: &mut Story, user: &str, credential: &str, id: &str) {
        let call = story.call_of("phone", SdkCommandName::CreateUser, json!({}), Some(user));
        story.call(create("phone", credential), signed_in(id, "session#1"));
        story.returned(call, true);
    }

    fn switched(between: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of(&["sdk"]);
        signs_in(&mut story, "alice", "credential#1", "5a18");
        between(&mut story);
        signs_in(&mut story, "bob", "credential#2", "9c07");
        story
    }

    /// An app whose second user logs in before the first logs out, and the app's calls before it creates that user.
    fn app_switched(between: &[SdkCommandName]) -> Story {
        let mut story = Story::of_app(&["log_in", "create_user", "reset"]);
        story.does("phone", SdkCommandName::LogIn, Some("alice"), |story| {
            story.made("phone", SdkCommandName::CreateUser, json!({}), Some(true));
        });
        story.does("phone", SdkCommandName::LogIn, Some("bob"), |story| {
            for name in between {
                story.made("phone", *name, json!({}), Some(true));
            }
            story.made("phone", SdkCommandName::CreateUser, json!({}), Some(true));
        });
        story
    }

    #[test]
    fn an_app_that_resets_before_it_has_another_user_created_holds_and_the_same_without_is_found() {
        same_occasion(&RULE, &app_switched(&[SdkCommandName::Reset]), &app_switched(&[]));
    }

    #[test]
    fn the_same_request_for_another_user_that_the_sdk_follows_is_found() {
        let asked = |online: bool| {
            let mut story = Story::of(&["sdk"]);
            signs_in(&mut story, "alice", "credential#1", "5a18");
            story.told("phone", SdkCommandName::Network, json!({"online": online}));
            let call = story.call_of("phone", SdkCommandName::CreateUser, json!({}), Some("bob"));
            story.returned(call, false);
            story
        };
        same_occasion(&RULE, &asked(true), &switched(|_| {}));
        no_occasion(&RULE, &asked(false));
    }

    #[test]
    fn an_app_that_does_not_is_found() {
        let message = "the app of phone had another user created without a reset between";
        assert_eq!(app_switched(&[]).findings(&RULE), [(message.to_owned(), vec![3, 6])]);
    }

    #[test]
    fn the_same_user_and_one_who_logged_out_before_are_not_judged_here() {
        let mut story = app_switched(&[SdkCommandName::Reset]);
        story.made("phone", SdkCommandName::CreateUser, json!({}), Some(true));
        story.does("phone", SdkCommandName::LogOut, None, |_| {});
        story.does("phone", SdkCommandName::LogIn, Some("alice"), |story| {
            story.made("phone", SdkCommandName::CreateUser, json!({}), Some(true));
        });
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn another_user_without_a_reset_is_found() {
        let message = "the SDK of phone held a user and had another one created, though it had not been reset between";
        assert_eq!(switched(|_| {}).findings(&RULE), [(message.to_owned(), vec![2, 6])]);
    }

    #[test]
    fn an_sdk_that_refuses_another_user_holds() {
        let mut story = Story::of(&["sdk"]);
        signs_in(&mut story, "alice", "credential#1", "5a18");
        let call = story.call_of("phone", SdkCommandName::CreateUser, json!({}), Some("bob"));
        story.returned(call, false);
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_vendor_that_refuses_another_user_has_none_replaced() {
        let mut story = Story::of(&["sdk"]);
        signs_in(&mut story, "alice", "credential#1", "5a18");
        let call = story.call_of("phone", SdkCommandName::CreateUser, json!({}), Some("bob"));
        story.call(create("phone", "credential#2"), refused(ReplyName::InstallHasOtherUser));
        story.returned(call, false);
        no_occasion(&RULE, &story);
    }

    #[test]
    fn a_reset_makes_room() {
        let reset = switched(|story| story.told("phone", SdkCommandName::Reset, json!({})));
        no_occasion(&RULE, &reset);
    }

    #[test]
    fn a_reset_at_the_same_time_may_come_between_the_two() {
        let at_once = |command: SdkCommandName| {
            let mut story = Story::of(&["sdk"]);
            let other = story.call_of("phone", command, json!({}), None);
            let wishes = [("alice", "credential#1", "5a18"), ("bob", "credential#2", "9c07")];
            let asked = wishes.map(|(user, credential, _)| {
                story.call_of("phone", SdkCommandName::CreateUser, json!({"credential": credential}), Some(user))
            });
            for (_, credential, id) in wishes {
                story.call(create("phone", credential), signed_in(id, "session#1"));
            }
            asked.into_iter().chain([other]).for_each(|call| story.returned(call, true));
            story
        };
        assert_eq!(at_once(SdkCommandName::Reset).findings(&RULE), []);
        assert_eq!(at_once(SdkCommandName::SyncNow).findings(&RULE).len(), 1);
    }

    #[test]
    fn an_erased_user_is_held_no_more() {
        let erased = switched(|story| {
            let ask = sdk("phone", CommandName::SubmitBatch, Some("session#1"), json!({}));
            story.call(ask, refused(ReplyName::UserWasErased));
        });
        no_occasion(&RULE, &erased);
    }

    #[test]
    fn the_same_user_again_holds() {
        let mut story = Story::of(&["sdk"]);
        signs_in(&mut story, "alice", "credential#1", "5a18");
        signs_in(&mut story, "alice", "credential#2", "5a18");
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn where_the_vendor_names_nobody_the_clients_id_tells() {
        let mut story = Story::of(&["sdk"]);
        for id in ["a-1", "b-1"] {
            let ask = sdk("phone", CommandName::CreateUser, None, json!({"external_id": id}));
            story.call(ask, answered(ReplyName::UserCreated, json!({})));
        }
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn an_install_that_was_deactivated_or_whose_renewal_was_refused_is_free() {
        let renew = || sdk("phone", CommandName::RefreshSession, Some("session#1"), json!({}));
        let batch = || submit("phone", "session#1", "b-1", &["i-1"]);
        let free =
            |request: Request, answer: Response| switched(|story| story.call(request, answer)).findings(&RULE).len();
        assert_eq!(free(batch(), refused(ReplyName::InstallDeactivated)), 0);
        assert_eq!(free(renew(), response(422)), 0);
        assert_eq!(free(renew(), response(503)), 1);
        assert_eq!(free(batch(), response(422)), 1);
    }
}
