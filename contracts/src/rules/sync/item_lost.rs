use serde_json::Value;

use crate::protocol::SdkCommandName;
use crate::rules::batches::{batch_id, ids, is_hopeful, is_same_content, kept, submits};
use crate::rules::closed_categories::closed;
use crate::rules::timelines::{CommandRecord, InstallTimeline, each_install};
use crate::rules::tracker::Exchange;
use crate::rules::work::{Habits, lacks_occasion};
use crate::rules::{Evidence, Finding};

rule! {
    /// What an SDK accepted to submit arrives.
    ///
    /// ### What is wrong
    /// The SDK took something in and said so. It ran on, online and syncing, for three rounds and three of its longest
    /// pauses, or it reported a sync as done that brought a younger item of the same category; and the item never went to
    /// the vendor, or the vendor kept only a part of its batch, and it never came again.
    ///
    /// ### Why it matters
    /// Nobody notices what is not there. A gap in a person's data looks like a person who did nothing.
    ///
    /// ### How it is provoked
    /// Items are recorded while the app is killed, just before and while it is offline, without a user, and while the
    /// queue is long; then all is well and time passes. Items of a batch that failed are the affair of
    /// `sync/gives-up-the-hopeful`.
    ///
    /// ### What is right
    /// What is accepted is stored before the SDK says so, and leaves the store only when the vendor has it. An SDK that is
    /// full says that it does not accept.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         record i-1
    /// sdk -> app         accepted
    /// app -> sdk         kill, launch
    ///                    (a day passes, and i-1 never comes)
    /// ```
    {
        name: "sync/item-lost",
        subjects: [Sdk],
        needs: [SubmitBatch],
        precondition: "an item that the SDK accepted, and time to submit it or a sync that brought a younger one",
        blind_without: [("sdk:advance", "what is due only after time has passed")],
        monitor: |context| {
            let habits = Habits::of(context);
            each_install(lacks_occasion(context, &["record"]), move |timeline, evidence| judge(timeline, habits, evidence))
        },
    }
}

fn judge(timeline: &InstallTimeline<'_>, habits: Habits, evidence: &mut Evidence) {
    let submits = submits(timeline);
    for command in timeline.commands(&[SdkCommandName::Record]).filter(|command| is_accepted(command)) {
        let Some(id) = command.text("id").filter(|_| is_allowed(timeline, command)) else { continue };
        let category = command.text("category");
        // The SDK had to have submitted it by the end. If not, its loss could not be told from slowness.
        if !habits.was_due(timeline, command.seq, command.began, category) {
            continue;
        }
        evidence.exercised += 1;
        let carriers: Vec<_> = submits.iter().copied().filter(|submit| ids(submit).contains(id)).collect();
        if let Some(last) = carriers.last() {
            let is_left = last.heard_done().is_some() && !carriers.iter().any(|submit| kept(submit).contains(id));
            if is_left
                && !is_hopeful(last)
                && !is_added(&submits, last)
                && habits.was_due(timeline, last.opened, last.began, category)
            {
                evidence.findings.push(finding(timeline, id, command, Some(last)));
            }
        } else {
            evidence.findings.push(finding(timeline, id, command, None));
        }
    }
}

/// Whether a batch was sent before under its id with other content. `sync/retry-changed` judges the items added.
fn is_added(submits: &[&Exchange], last: &Exchange) -> bool {
    let is_same_batch = |one: &Exchange| batch_id(one).is_some() && batch_id(one) == batch_id(last);
    submits.iter().any(|one| one.opened < last.opened && is_same_batch(one) && !is_same_content(one, last))
}

fn is_accepted(command: &CommandRecord) -> bool {
    let said = |(_, returned): &(u64, std::sync::Arc<crate::history::Return>)| {
        returned.success && returned.value.get("accepted").and_then(Value::as_bool) != Some(false)
    };
    command.returned.as_ref().is_some_and(said)
}

fn is_allowed(timeline: &InstallTimeline<'_>, command: &CommandRecord) -> bool {
    let category = command.text("category").unwrap_or_default();
    !closed(timeline, u64::MAX).contains_key(category) && !closed(timeline, command.seq).contains_key(category)
}

fn finding(timeline: &InstallTimeline<'_>, id: &str, command: &CommandRecord, last: Option<&Exchange>) -> Finding {
    let install = &timeline.install;
    let message = if last.is_some() {
        format!("the SDK of {install} never submitted {id} again, which the vendor had not kept of its batch")
    } else {
        format!("the SDK of {install} accepted {id}, and never submitted it")
    };
    let returned = command.returned.as_ref().map(|(seq, _)| *seq);
    Finding::new(message, [command.seq].into_iter().chain(returned).chain(last.map(|last| last.opened)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::What;
    use crate::protocol::{CommandName, ReplyName};
    use crate::rules::testing::{Story, answered, no_occasion, response, same_occasion, sdk, submit};

    const DAY: i64 = 86_400_000;

    fn story(what: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of(&["sdk", "sdk:record", "sdk:advance"]);
        story.told("phone", SdkCommandName::StartSync, json!({}));
        story.told("phone", SdkCommandName::Record, json!({"id": "i-1", "category": "location"}));
        what(&mut story);
        story.pass(DAY);
        story.event(What::Quiescent);
        story
    }

    #[test]
    fn an_item_that_arrives_holds() {
        let arrived = story(|story| {
            story.call(submit("phone", "session#1", "b-1", &["i-1"]), answered(ReplyName::BatchAccepted, json!({})));
        });
        same_occasion(&RULE, &arrived, &story(|_| {}));
    }

    #[test]
    fn an_item_that_never_goes_out_is_found() {
        let message = "the SDK of phone accepted i-1, and never submitted it";
        assert_eq!(story(|_| {}).findings(&RULE), [(message.to_owned(), vec![3, 4])]);
    }

    #[test]
    fn an_item_that_was_left_of_a_batch_is_found() {
        let partial = answered(ReplyName::BatchPartial, json!({"accepted": ["i-2"]}));
        let left = story(|story| story.call(submit("phone", "session#1", "b-1", &["i-1", "i-2"]), partial));
        let message = "the SDK of phone never submitted i-1 again, which the vendor had not kept of its batch";
        assert_eq!(left.findings(&RULE), [(message.to_owned(), vec![3, 4, 5])]);
    }

    #[test]
    fn a_batch_that_failed_or_was_refused_is_the_affair_of_another_rule() {
        for status in [503, 400] {
            let failed = story(|story| story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(status)));
            assert_eq!(failed.passed(&RULE), 1);
        }
    }

    #[test]
    fn what_was_not_accepted_or_not_allowed_is_not_expected() {
        let mut full = Story::of(&["sdk", "sdk:record", "sdk:advance"]);
        full.told("phone", SdkCommandName::StartSync, json!({}));
        let call = full.call_of("phone", SdkCommandName::Record, json!({"id": "i-1"}), None);
        full.returned(call, false);
        full.pass(DAY);
        full.event(What::Quiescent);
        assert_eq!(full.passed(&RULE), 0);
        let denied =
            story(|story| story.told("phone", SdkCommandName::Grant, json!({"permissions": {"location": false}})));
        assert_eq!(denied.passed(&RULE), 0);
    }

    #[test]
    fn an_sdk_whose_renewed_session_is_refused_again_may_wait_for_its_app() {
        let renewed = |session: &str, found: usize| {
            let renewal = answered(ReplyName::SessionRefreshed, json!({"session": session}));
            let story = story(|story| {
                story.call(sdk("phone", CommandName::RefreshSession, Some("session#1"), json!({})), renewal);
                story.call(submit("phone", "session#2", "b-1", &["i-2"]), response(401));
            });
            assert_eq!(story.findings(&RULE).len(), found);
        };
        renewed("session#2", 0);
        renewed("session#3", 1);
    }

    #[test]
    fn an_sdk_that_was_reset_or_is_offline_need_not_submit_it() {
        let reset = story(|story| story.told("phone", SdkCommandName::Reset, json!({})));
        assert_eq!(reset.passed(&RULE), 0);
        let offline = story(|story| story.told("phone", SdkCommandName::Network, json!({"online": false})));
        assert_eq!(offline.passed(&RULE), 0);
    }

    /// An SDK whose time nobody moves records two items, and a sync that its app asked for brings one of them.
    fn synced(brought: &[&str], what: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of(&["sdk", "sdk:record", "sdk:sync_now"]);
        for id in ["i-1", "i-2"] {
            story.told("phone", SdkCommandName::Record, json!({"id": id, "category": "location"}));
        }
        let call = story.call_of("phone", SdkCommandName::SyncNow, json!({}), None);
        what(&mut story);
        story.call(submit("phone", "session#1", "b-1", brought), answered(ReplyName::BatchAccepted, json!({})));
        story.returned(call, true);
        story.event(What::Quiescent);
        story
    }

    #[test]
    fn a_sync_that_went_past_an_item_convicts_without_time() {
        assert_eq!(synced(&["i-1", "i-2"], |_| {}).passed(&RULE), 1, "nothing younger than i-2 came");
        same_occasion(&RULE, &synced(&["i-1", "i-2"], |_| {}), &synced(&["i-2"], |_| {}));
        let message = "the SDK of phone accepted i-1, and never submitted it";
        assert_eq!(synced(&["i-2"], |_| {}).findings(&RULE), [(message.to_owned(), vec![1, 2])]);
        // The second may still come.
        no_occasion(&RULE, &synced(&["i-1"], |_| {}));
    }

    #[test]
    fn a_sync_that_met_a_failure_proves_nothing() {
        let failed = synced(&["i-2"], |story| {
            story.call(submit("phone", "session#1", "b-0", &["i-3"]), response(503));
        });
        assert_eq!(failed.passed(&RULE), 0);
    }

    #[test]
    fn a_session_that_expired_and_was_renewed_ends_no_duty() {
        let expired = |renewed: bool| {
            story(|story| {
                let refused = answered(ReplyName::SessionExpired, json!({}));
                story.call(submit("phone", "session#1", "b-1", &["i-9"]), refused);
                if renewed {
                    let renewal = answered(ReplyName::SessionRefreshed, json!({"session": "session#2"}));
                    story.call(sdk("phone", CommandName::RefreshSession, Some("session#1"), json!({})), renewal);
                }
            })
        };
        assert_eq!(expired(true).findings(&RULE).len(), 1);
        assert_eq!(expired(false).passed(&RULE), 0, "the app may have to sign in first");
    }
}
