use std::collections::{BTreeMap, BTreeSet};

use crate::protocol::{CommandName, SdkCommandName};
use crate::rules::batches::{ids, kept};
use crate::rules::timelines::{CommandRecord, InstallTimeline, carried, each_install, given, whose};
use crate::rules::tracker::Exchange;
use crate::rules::work::LIFTING;
use crate::rules::{Evidence, Finding, words};

rule! {
    /// A session that was ended is not used any more, and what was recorded in it does not go out in another user's.
    ///
    /// ### What is wrong
    /// The app reset its SDK, had the user forgotten, or the SDK itself gave its session up; this was done, and later, in the
    /// same run of the app, a request with that session went to the vendor. Or something that was recorded of one user was
    /// submitted in the session of the next.
    ///
    /// ### Why it matters
    /// The person signed out and is watched on. Where the vendor still takes the session, what was recorded since belongs to
    /// whoever uses the device now, and is filed under the one who left.
    ///
    /// ### How it is provoked
    /// A user signs out, is forgotten, or another one signs in, while the queue is full and a sync is under way.
    ///
    /// ### What is right
    /// With the end of a session all timers and queues that belong to it end. To end it and to erase its user, it may be
    /// used; requests that had begun before may run out. Batches that come after a reset, and nobody asked for, are the affair
    /// of `sync/after-stop`. What an app does that is started again afterwards is the affair of
    /// `user/state-not-cleared`.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         reset
    /// sdk -> app         done
    /// sdk -> vendor      PUT /sdk/permissions  session#1               <- the session is over
    /// ```
    {
        name: "session/used-after-end",
        subjects: [Sdk],
        needs: [CreateUser],
        precondition: "an SDK whose session was ended and that had a turn before the next start of its app, or one that submitted something for a user while an item of the one before had not been submitted",
        monitor: |context| {
            let by_reset = context.fact("session.ended_by_reset").unwrap_or(true);
            each_install(context.lacks_sight(), move |timeline, evidence| judge(timeline, by_reset, evidence))
        },
    }
}

fn judge(timeline: &InstallTimeline<'_>, by_reset: bool, evidence: &mut Evidence) {
    for (session, ended) in ends(timeline, by_reset) {
        let next = timeline.commands(&[SdkCommandName::Launch]).map(|launch| launch.seq).find(|seq| *seq > ended);
        evidence.exercised += u64::from(timeline.had_turn(ended, next.unwrap_or(u64::MAX)));
        let used = timeline.spoke.iter().copied().find(|exchange| is_use(timeline, exchange, session, ended));
        if let Some(again) = used {
            let called = words::operation(&again.request);
            let message =
                format!("the SDK of {} used {session} for {called} after it had been ended", timeline.install);
            evidence.findings.push(Finding::new(message, [ended, again.opened]));
        }
    }
    for pair in creates(timeline).windows(2).filter(|pair| whose(pair[0]) != whose(pair[1])) {
        let recorded = recorded(timeline, pair[0], pair[1]);
        let submits = of_user(timeline, pair[1]);
        evidence.exercised += u64::from(!submits.is_empty() && is_left(timeline, &recorded, pair[1]));
        evidence.findings.extend(foreign(timeline, &recorded, pair[1], &submits));
    }
}

/// Whether one of these items had not arrived at the vendor when the second user came.
fn is_left(timeline: &InstallTimeline<'_>, recorded: &BTreeMap<&str, u64>, second: &Exchange) -> bool {
    let heard = timeline
        .calls(CommandName::SubmitBatch)
        .filter(|submit| submit.heard_done().is_some_and(|heard| heard < second.opened));
    let arrived: BTreeSet<&str> = heard.flat_map(kept).collect();
    recorded.keys().any(|id| !arrived.contains(id))
}

/// The batches in the sessions that a creation gave.
fn of_user<'l>(timeline: &InstallTimeline<'l>, create: &Exchange) -> Vec<&'l Exchange> {
    let sessions: BTreeSet<_> = given(create, "session").collect();
    let is_own = |submit: &&Exchange| carried(submit, "session").any(|label| sessions.contains(label));
    timeline.calls(CommandName::SubmitBatch).filter(|submit| submit.opened > create.opened).filter(is_own).collect()
}

fn is_use(timeline: &InstallTimeline<'_>, exchange: &Exchange, session: &str, ended: u64) -> bool {
    let started_anew = timeline.was_told(&[SdkCommandName::Launch], ended, exchange.opened);
    let is_ending = matches!(exchange.command(), Some(CommandName::EndSession | CommandName::EraseUser));
    let stop = timeline
        .commands(&[SdkCommandName::Reset, SdkCommandName::Forget])
        .find(|command| command.done() == Some(ended));
    // `sync/after-stop` judges batches after a reset, until syncs are allowed again.
    let is_lifted = |stop: &CommandRecord| {
        let is_later = |command: &CommandRecord| command.seq > stop.seq || command.is_open_at(stop.seq);
        timeline.commands(LIFTING).any(|command| command.seq < exchange.opened && is_later(command))
    };
    let is_anothers = exchange.command() == Some(CommandName::SubmitBatch) && stop.is_some_and(|stop| !is_lifted(stop));
    let carries = carried(exchange, "session").any(|label| label == session);
    exchange.opened > ended && carries && !started_anew && !is_ending && !is_anothers
}

/// The successful creations whose answers were delivered, in order.
fn creates<'l>(timeline: &InstallTimeline<'l>) -> Vec<&'l Exchange> {
    timeline.calls(CommandName::CreateUser).filter(|create| create.heard_done().is_some()).collect()
}

/// The items recorded while the install held the first user, before the second came or the first was released.
fn recorded<'l>(timeline: &InstallTimeline<'l>, first: &Exchange, second: &Exchange) -> BTreeMap<&'l str, u64> {
    let Some(since) = first.heard_done() else { return BTreeMap::new() };
    let mut leaving = timeline.commands(&[SdkCommandName::Reset, SdkCommandName::Forget]);
    let left = leaving.find(|command| command.done().is_some() && timeline.is_behind(command, first));
    let left = left.map(|command| command.seq);
    let until = left.unwrap_or(u64::MAX).min(second.opened);
    let records =
        timeline.commands(&[SdkCommandName::Record]).filter(|command| since < command.seq && command.seq < until);
    records.filter_map(|command| Some((command.text("id")?, command.seq))).collect()
}

/// The first of these items that is in one of the second user's batches.
fn foreign(
    timeline: &InstallTimeline<'_>,
    recorded: &BTreeMap<&str, u64>,
    second: &Exchange,
    submits: &[&Exchange],
) -> Option<Finding> {
    submits.iter().find_map(|submit| {
        let id = ids(submit).into_iter().find(|id| recorded.contains_key(id))?;
        let message =
            format!("the SDK of {} submitted {id} for another user than it was recorded of", timeline.install);
        Some(Finding::new(message, [recorded[id], second.opened, submit.opened]))
    })
}

/// The sessions that an install may have held when it was reset: the last one, and those before it if the app was still
/// asking for the last one's user.
fn held<'l>(timeline: &InstallTimeline<'l>, reset: &CommandRecord) -> Vec<&'l str> {
    let mut sessions = Vec::new();
    for exchange in timeline.spoke.iter().rev().filter(|one| one.opened < reset.seq && one.is_done()) {
        let Some(session) = given(exchange, "session").next() else { continue };
        sessions.push(session);
        if !timeline.command_for(exchange).is_some_and(|command| command.is_open_at(reset.seq)) {
            break;
        }
    }
    sessions
}

/// Each session that was given up, with the place where that was done.
fn ends<'l>(timeline: &InstallTimeline<'l>, by_reset: bool) -> BTreeMap<&'l str, u64> {
    let mut ends = BTreeMap::new();
    let mut note = |session: Option<&'l str>, place: u64| {
        if let Some(session) = session {
            ends.entry(session).or_insert(place);
        }
    };
    let commands: &[SdkCommandName] =
        if by_reset { &[SdkCommandName::Reset, SdkCommandName::Forget] } else { &[SdkCommandName::Forget] };
    for command in timeline.commands(commands) {
        let Some(done) = command.done() else { continue };
        for session in held(timeline, command) {
            note(Some(session), done);
        }
    }
    let ending = timeline.spoke.iter().filter(|exchange| {
        exchange.command() == Some(CommandName::EraseUser)
            || by_reset && exchange.command() == Some(CommandName::EndSession)
    });
    for exchange in ending {
        let Some(heard) = exchange.heard_done() else { continue };
        note(carried(exchange, "session").next(), heard);
    }
    ends
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::ReplyName;
    use crate::rules::testing::{
        Story, answered, create, no_occasion, response, same_occasion, sdk, signed_in, submit,
    };

    fn story(what: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of(&["sdk"]);
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        what(&mut story);
        story
    }

    fn late() -> crate::history::Request {
        sdk("phone", CommandName::ReportPermissions, Some("session#1"), json!({}))
    }

    #[test]
    fn an_sdk_that_is_quiet_after_a_reset_holds_and_the_same_one_that_is_not_is_found() {
        let reset = |then: fn(&mut Story)| {
            story(|story| {
                story.told("phone", SdkCommandName::Reset, json!({}));
                then(story);
            })
        };
        let right = reset(|story| story.told("phone", SdkCommandName::Grant, json!({})));
        same_occasion(&RULE, &right, &reset(|story| story.call(late(), response(200))));
        no_occasion(&RULE, &reset(|_| {}));
    }

    #[test]
    fn a_request_after_a_reset_or_forget_is_found() {
        for command in [SdkCommandName::Reset, SdkCommandName::Forget] {
            let story = story(|story| {
                story.told("phone", command, json!({}));
                story.call(late(), response(200));
            });
            let message = "the SDK of phone used session#1 for report_permissions after it had been ended";
            assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![4, 5])]);
        }
    }

    #[test]
    fn a_sign_in_at_the_same_time_as_the_reset_may_come_after_it() {
        let both = |session: &str| {
            story(|story| {
                let arguments = json!({"credential": "credential#2"});
                let asked = story.call_of("phone", SdkCommandName::CreateUser, arguments, Some("bob"));
                let open = story.send(create("phone", "credential#2"));
                story.told("phone", SdkCommandName::Reset, json!({}));
                story.answer(open, signed_in("9c07", "session#2"));
                story.returned(asked, true);
                story.call(sdk("phone", CommandName::ReportPermissions, Some(session), json!({})), response(200));
            })
        };
        assert_eq!(both("session#2").findings(&RULE), []);
        assert_eq!(both("session#1").findings(&RULE).len(), 1);
    }

    #[test]
    fn a_sync_at_the_same_time_as_the_reset_excuses_no_batch_in_the_ended_session() {
        let story = story(|story| {
            let reset = story.call_of("phone", SdkCommandName::Reset, json!({}), None);
            let sync = story.call_of("phone", SdkCommandName::SyncNow, json!({}), None);
            story.returned(reset, true);
            story.returned(sync, true);
            story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(200));
        });
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn an_item_recorded_at_the_same_time_as_the_reset_may_be_the_next_users() {
        let recorded = |at_once: bool| {
            story(|story| {
                let record = story.call_of("phone", SdkCommandName::Record, json!({"id": "i-1"}), None);
                if !at_once {
                    story.returned(record, true);
                }
                story.told("phone", SdkCommandName::Reset, json!({}));
                if at_once {
                    story.returned(record, true);
                }
                story.call(create("phone", "credential#2"), signed_in("9c07", "session#2"));
                story.call(submit("phone", "session#2", "b-1", &["i-1"]), response(200));
            })
        };
        assert_eq!(recorded(true).findings(&RULE), []);
        assert_eq!(recorded(false).findings(&RULE).len(), 1);
    }

    #[test]
    fn a_request_after_the_sdk_gave_its_session_up_is_found() {
        let story = story(|story| {
            let end = sdk("phone", CommandName::EndSession, Some("session#1"), json!({}));
            story.call(end, answered(ReplyName::SessionEnded, json!({})));
            story.call(late(), response(401));
        });
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn ending_itself_and_what_began_before_hold() {
        let story = story(|story| {
            let reset = story.call_of("phone", SdkCommandName::Reset, json!({}), None);
            let open = story.send(late());
            story.returned(reset, true);
            story.answer(open, response(200));
            let end = sdk("phone", CommandName::EndSession, Some("session#1"), json!({}));
            story.call(end, answered(ReplyName::SessionEnded, json!({})));
        });
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_new_session_is_another_matter() {
        let story = story(|story| {
            story.told("phone", SdkCommandName::Reset, json!({}));
            story.call(create("phone", "credential#2"), signed_in("9c07", "session#2"));
            story.call(submit("phone", "session#2", "b-1", &["i-1"]), response(200));
        });
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_reset_that_failed_ends_nothing_and_another_start_is_anothers_affair() {
        let failed = story(|story| {
            let reset = story.call_of("phone", SdkCommandName::Reset, json!({}), None);
            story.returned(reset, false);
            story.call(late(), response(200));
        });
        assert_eq!(failed.passed(&RULE), 0);
        let restarted = story(|story| {
            story.told("phone", SdkCommandName::Reset, json!({}));
            story.told("phone", SdkCommandName::Launch, json!({}));
            story.call(late(), response(200));
        });
        no_occasion(&RULE, &restarted);
    }

    #[test]
    fn a_batch_after_a_reset_is_the_affair_of_another_rule_until_there_is_another_user() {
        let batch = || submit("phone", "session#1", "b-1", &["i-1"]);
        let reset = story(|story| {
            story.told("phone", SdkCommandName::Reset, json!({}));
            story.call(batch(), response(200));
        });
        assert_eq!(reset.passed(&RULE), 1);
        let switched = story(|story| {
            story.told("phone", SdkCommandName::Reset, json!({}));
            story.told("phone", SdkCommandName::CreateUser, json!({}));
            story.call(batch(), response(200));
        });
        assert_eq!(switched.findings(&RULE).len(), 1);
    }

    #[test]
    fn what_was_recorded_of_one_user_and_submitted_for_the_next_is_found() {
        let switched = |item: &str| {
            story(|story| {
                story.told("phone", SdkCommandName::Record, json!({"id": "i-1"}));
                story.told("phone", SdkCommandName::Reset, json!({}));
                story.told("phone", SdkCommandName::Record, json!({"id": "i-2"}));
                story.call(create("phone", "credential#2"), signed_in("9c07", "session#2"));
                story.call(submit("phone", "session#2", "b-1", &[item]), response(200));
            })
        };
        let message = "the SDK of phone submitted i-1 for another user than it was recorded of";
        assert_eq!(switched("i-1").findings(&RULE), [(message.to_owned(), vec![3, 9, 11])]);
        assert_eq!(switched("i-2").passed(&RULE), 2);
        same_occasion(&RULE, &switched("i-2"), &switched("i-1"));
    }
}
