use crate::history::Response;
use crate::protocol::{CommandName, SdkCommandName};
use crate::rules::timelines::{CommandRecord, InstallTimeline, carried, each_install, given};
use crate::rules::tracker::Exchange;
use crate::rules::work::ends_session;
use crate::rules::{Evidence, Finding};

rule! {
    /// However often an app asks for its user at the same time, the user is created once.
    ///
    /// ### What is wrong
    /// The app asked the SDK for its user while an earlier request for the same user had not returned, and the SDK went to
    /// the vendor a second time although its first attempt had not failed.
    ///
    /// ### Why it matters
    /// The second redemption takes the place of the first: sessions are ended that are in use, credentials are spent that
    /// were for later, and which answer wins is chance.
    ///
    /// ### How it is provoked
    /// The app calls create several times at once, each time with a credential of its own where the vendor issues any.
    /// A credential that is sent again after an answer that decides is the affair of `credential/reused`, and what an SDK does
    /// while the device's clock is wrong that of `credential/clock-trusted`.
    ///
    /// ### What is right
    /// Calls that come while one is under way share its result, or are refused. After an attempt that failed, or whose session
    /// was turned away at once, another may be made.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         create_user
    /// app -> sdk         create_user
    /// sdk -> vendor      POST /sdk/users  {"code": "credential#1"}
    /// sdk -> vendor      POST /sdk/users  {"code": "credential#2"}      <- before the first has failed
    /// ```
    {
        name: "user/created-twice",
        subjects: [Sdk],
        needs: [CreateUser],
        precondition: "an SDK that is asked for one user again before its first creation of that user has succeeded",
        monitor: |context| each_install(context.lacks_commands(&[]), judge),
    }
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    for crowd in crowds(timeline) {
        let until = crowd.iter().map(|command| returned(command)).max().unwrap_or(u64::MAX);
        let is_own = |create: &Exchange| {
            timeline.command_for(create).is_some_and(|command| crowd.iter().any(|one| one.seq == command.seq))
        };
        let within = |create: &&Exchange| crowd[0].seq < create.opened && create.opened < until && is_own(create);
        let creates: Vec<_> = timeline.calls(CommandName::CreateUser).filter(within).collect();
        evidence.exercised += u64::from(creates.first().is_some_and(|first| may_be_needless(first, &crowd)));
        let twice = creates.windows(2).find(|pair| is_needless(timeline, pair[0], pair[1]));
        if let Some([first, second]) = twice {
            let message = format!(
                "the SDK of {} was asked for one user {} times at once, and created it again before its first attempt had failed",
                timeline.install,
                crowd.len()
            );
            let commands = crowd.iter().map(|command| command.seq);
            evidence.findings.push(Finding::new(message, commands.chain([first.opened, second.opened])));
        }
    }
}

/// Commands after which the next creation is a sign-in of its own.
const FREEING: &[SdkCommandName] = &[SdkCommandName::Reset, SdkCommandName::Forget];

/// Groups of two or more commands for one user. All but the first of a group were given while another of it was open, and
/// no reset came between.
fn crowds<'l>(timeline: &InstallTimeline<'l>) -> Vec<Vec<&'l CommandRecord>> {
    let mut crowds: Vec<Vec<&CommandRecord>> = Vec::new();
    for command in timeline.commands(&[SdkCommandName::CreateUser]) {
        let is_with = |crowd: &&mut Vec<&CommandRecord>| {
            let last = crowd.last().map_or(0, |last| last.seq);
            crowd.iter().any(|other| other.is_open_at(command.seq)) && !timeline.was_told(FREEING, last, command.seq)
        };
        match crowds.last_mut().filter(is_with) {
            Some(crowd) => crowd.push(command),
            None => crowds.push(vec![command]),
        }
    }
    crowds.retain(|crowd| {
        let is_for_one = crowd.iter().all(|command| command.call.user == crowd[0].call.user);
        crowd.len() > 1 && is_for_one && !is_by_wrong_clock(timeline, crowd)
    });
    crowds
}

/// Whether the device's clock was wrong meanwhile. What an SDK does that goes by it is the affair of
/// `credential/clock-trusted`.
fn is_by_wrong_clock(timeline: &InstallTimeline<'_>, crowd: &[&CommandRecord]) -> bool {
    let until = crowd.iter().map(|command| returned(command)).max().unwrap_or(u64::MAX);
    let is_set = timeline.was_told(&[SdkCommandName::DeviceClock], crowd[0].seq, until);
    is_set || timeline.wrong_clock(crowd[0].seq).is_some()
}

/// Whether a second creation beside this first one would be needless: the app had asked a second time before the first
/// one succeeded.
fn may_be_needless(first: &Exchange, crowd: &[&CommandRecord]) -> bool {
    first.heard_done().is_none_or(|heard| crowd.get(1).is_some_and(|second| second.seq < heard))
}

fn returned(command: &CommandRecord) -> u64 {
    command.returned.as_ref().map_or(u64::MAX, |(seq, _)| *seq)
}

fn is_needless(timeline: &InstallTimeline<'_>, first: &Exchange, second: &Exchange) -> bool {
    // A command given after the first attempt succeeded may be a new sign-in, even if the app had not heard of the
    // success.
    let is_asked_anew =
        first.heard_done().is_some_and(|heard| timeline.was_told(&[SdkCommandName::CreateUser], heard, second.opened));
    let is_decided = first.definitive().is_some_and(|heard| heard < second.opened);
    let is_the_same =
        carried(first, "credential").any(|label| carried(second, "credential").any(|other| other == label));
    let is_excused = is_asked_anew || is_turned_away(timeline, first, second) || is_decided && is_the_same;
    !(first.has_failed_before(second.opened) || is_excused)
}

/// Whether the vendor refused the new session at once. If signing in takes no credential, it may be done again.
fn is_turned_away(timeline: &InstallTimeline<'_>, first: &Exchange, second: &Exchange) -> bool {
    timeline.spoke.iter().filter(|one| first.opened < one.opened && one.opened < second.opened).any(|one| {
        let refused = |(_, answer): (u64, &Response)| answer.status == 401 || ends_session(answer);
        let is_new = given(first, "session").any(|session| carried(one, "session").any(|own| own == session));
        is_new && one.delivered().is_some_and(refused)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::Fate;
    use crate::protocol::ReplyName;
    use crate::rules::testing::{Story, create, no_occasion, refused, response, same_occasion, signed_in, submit};

    fn asked(story: &mut Story, user: &str) -> u64 {
        story.call_of("phone", SdkCommandName::CreateUser, json!({}), Some(user))
    }

    /// Two calls of the app at the same time, and then the SDK's requests.
    fn story(what: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of(&["sdk"]);
        let (first, second) = (asked(&mut story, "alice"), asked(&mut story, "alice"));
        what(&mut story);
        story.returned(first, true);
        story.returned(second, true);
        story
    }

    #[test]
    fn calls_that_share_one_redemption_hold_and_the_same_ones_with_two_are_found() {
        let right = story(|story| story.call(create("phone", "credential#1"), signed_in("5a18", "session#1")));
        let wrong = story(|story| {
            story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
            story.call(create("phone", "credential#2"), signed_in("5a18", "session#2"));
        });
        same_occasion(&RULE, &right, &wrong);
        no_occasion(&RULE, &story(|_| {}));
    }

    #[test]
    fn a_second_redemption_while_the_first_is_open_is_found() {
        let story = story(|story| {
            let first = story.send(create("phone", "credential#1"));
            let second = story.send(create("phone", "credential#2"));
            story.answer(first, signed_in("5a18", "session#1"));
            story.answer(second, signed_in("5a18", "session#2"));
        });
        let message = "the SDK of phone was asked for one user 2 times at once, and created it again before its first \
                       attempt had failed";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1, 2, 3, 4])]);
    }

    #[test]
    fn a_second_redemption_after_success_is_found() {
        let story = story(|story| {
            story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
            story.call(create("phone", "credential#2"), signed_in("5a18", "session#2"));
        });
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn another_attempt_after_one_that_failed_holds() {
        for failure in
            [refused(ReplyName::Unavailable), Response { fate: Fate::Lost, ..signed_in("5a18", "session#1") }]
        {
            let story = story(|story| {
                story.call(create("phone", "credential#1"), failure);
                story.call(create("phone", "credential#2"), signed_in("5a18", "session#2"));
            });
            assert_eq!(story.passed(&RULE), 1);
        }
    }

    #[test]
    fn a_command_that_comes_after_the_first_success_may_sign_in_again() {
        let mut story = Story::of(&["sdk"]);
        asked(&mut story, "alice");
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        asked(&mut story, "alice");
        story.call(create("phone", "credential#2"), signed_in("5a18", "session#2"));
        no_occasion(&RULE, &story);
    }

    #[test]
    fn a_reset_at_the_same_time_may_come_between_and_divides_no_more_than_two() {
        let wished = |times: usize, created: &[(&str, &str)]| {
            let mut story = Story::of(&["sdk"]);
            let mut commands = vec![story.call_of("phone", SdkCommandName::Reset, json!({}), None)];
            for nth in 1..=times {
                let arguments = json!({"credential": format!("credential#{nth}")});
                commands.push(story.call_of("phone", SdkCommandName::CreateUser, arguments, Some("alice")));
            }
            for (credential, session) in created {
                story.call(create("phone", credential), signed_in("5a18", session));
            }
            for command in commands {
                story.returned(command, true);
            }
            story
        };
        let two = [("credential#1", "session#1"), ("credential#2", "session#2")];
        assert_eq!(wished(2, &two).findings(&RULE), []);
        assert_eq!(wished(3, &two).findings(&RULE), []);
        let three = [two[0], two[1], ("credential#3", "session#3")];
        assert_eq!(wished(3, &three).findings(&RULE).len(), 1);
    }

    #[test]
    fn another_sign_in_after_the_new_session_was_turned_away_holds() {
        for (session, status, found) in [("session#1", 401, 0), ("session#1", 503, 1), ("session#0", 401, 1)] {
            let story = story(|story| {
                story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
                story.call(submit("phone", session, "b-1", &["i-1"]), response(status));
                story.call(create("phone", "credential#2"), signed_in("5a18", "session#2"));
            });
            assert_eq!(story.findings(&RULE).len(), found);
        }
    }

    #[test]
    fn a_credential_that_is_sent_again_is_the_affair_of_another_rule() {
        let story = story(|story| {
            story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
            story.call(create("phone", "credential#1"), refused(ReplyName::CredentialSpent));
        });
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn calls_one_after_the_other_or_for_several_users_are_not_judged() {
        let mut story = Story::of(&["sdk"]);
        for credential in ["credential#1", "credential#2"] {
            let call = asked(&mut story, "alice");
            story.call(create("phone", credential), signed_in("5a18", "session#1"));
            story.returned(call, true);
        }
        asked(&mut story, "alice");
        asked(&mut story, "bob");
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn a_second_redemption_under_a_wrong_clock_is_the_affair_of_another_rule() {
        for (offset, crowds) in [(0, 1), (300_000, 0)] {
            let mut story = Story::of(&["sdk"]);
            story.told("phone", SdkCommandName::DeviceClock, json!({"offset_ms": offset}));
            let calls = [asked(&mut story, "alice"), asked(&mut story, "alice")];
            for (call, session) in calls.into_iter().zip(["session#1", "session#2"]) {
                story.call(create("phone", &format!("credential#{call}")), signed_in("5a18", session));
                story.returned(call, true);
            }
            let evidence = story.evidence(&RULE);
            assert_eq!((evidence.exercised, evidence.findings.len()), (crowds, crowds as usize));
        }
    }

    #[test]
    fn where_no_sdk_was_driven_it_is_not_testable() {
        assert!(Story::new().evidence(&RULE).not_testable.is_some());
    }
}
