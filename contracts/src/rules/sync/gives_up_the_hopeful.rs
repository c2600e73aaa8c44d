use crate::rules::batches::{batch_id, ids, is_hopeful, items, submits};
use crate::rules::closed_categories::closed;
use crate::rules::timelines::{InstallTimeline, each_install};
use crate::rules::tracker::Exchange;
use crate::rules::work::{Habits, lacks_occasion};
use crate::rules::{Evidence, Finding, words};

rule! {
    /// A batch that failed for a reason that passes comes again.
    ///
    /// ### What is wrong
    /// A batch was answered with 408, 425, 429, a 5xx or with something that can't be read, or got no answer at all. The SDK
    /// ran on, online and syncing, for three rounds and three of its longest pauses, or it reported a sync as done that
    /// brought a younger item of the same category; and it did not submit the batch's items again.
    ///
    /// ### Why it matters
    /// Networks fail all the time, and every vendor is down now and then. An SDK that takes that for a refusal loses
    /// what nobody can record again.
    ///
    /// ### How it is provoked
    /// The vendor is down, throttles, resets connections, cuts its answers, and a captive portal answers in its place; then
    /// all is well again and time passes. Syncs are stopped while a batch waits, and started again days later. Items that
    /// never went out are the affair of `sync/item-lost`.
    ///
    /// ### What is right
    /// The SDK keeps the batch and tries again, after pauses that grow. A stop is no leave to drop it: it waits for the next
    /// start.
    ///
    /// ### Example
    /// ```text
    /// sdk -> vendor      POST /sdk/batches  {"items": [i-1]}
    /// vendor -> sdk      503
    ///                    (a day passes, and i-1 never comes)
    /// ```
    {
        name: "sync/gives-up-the-hopeful",
        subjects: [Sdk],
        needs: [SubmitBatch],
        precondition: "a batch that failed for a reason that passes, and time for another try or a sync that brought a younger item",
        blind_without: [("sdk:advance", "what is tried again only after time has passed")],
        monitor: |context| {
            let habits = Habits::of(context);
            each_install(lacks_occasion(context, &[]), move |timeline, evidence| judge(timeline, habits, evidence))
        },
    }
}

fn judge(timeline: &InstallTimeline<'_>, habits: Habits, evidence: &mut Evidence) {
    let submits = submits(timeline);
    let mut told: Vec<&str> = Vec::new();
    let denied = closed(timeline, u64::MAX);
    let may_come =
        |submit: &Exchange| !items(submit).iter().filter_map(|item| item.category).any(|one| denied.contains_key(one));
    for failed in submits.iter().filter(|submit| is_hopeful(submit) && may_come(submit)) {
        let due = due(timeline, habits, failed);
        if due.is_empty() {
            continue;
        }
        evidence.exercised += 1;
        let later: Vec<_> = submits.iter().copied().filter(|later| later.opened > failed.opened).collect();
        let mut lost = missing(failed, &later);
        lost.retain(|name| due.contains(name) && !told.contains(name));
        if !lost.is_empty() {
            evidence.findings.push(finding(timeline, failed, &lost));
            told.extend(lost);
        }
    }
}

/// The items of a failed batch that had to come again by the end. The batch itself, if its items have no ids.
fn due<'l>(timeline: &InstallTimeline<'_>, habits: Habits, failed: &'l Exchange) -> Vec<&'l str> {
    let is_due = |category| habits.was_due(timeline, failed.opened, failed.began, category);
    let items = items(failed);
    let mut due: Vec<&str> = items.iter().filter(|item| is_due(item.category)).filter_map(|item| item.id).collect();
    if items.iter().all(|item| item.id.is_none()) && habits.has_had_time(timeline, failed.opened, failed.began) {
        due.extend(batch_id(failed));
    }
    due
}

/// The items of a batch that never came again. The batch itself, if its items have no ids.
fn missing<'l>(failed: &'l Exchange, later: &[&'l Exchange]) -> Vec<&'l str> {
    let ids = ids(failed);
    if ids.is_empty() {
        let batch = batch_id(failed);
        return batch.into_iter().filter(|batch| !later.iter().any(|later| batch_id(later) == Some(batch))).collect();
    }
    ids.into_iter().filter(|id| !later.iter().any(|later| self::ids(later).contains(id))).collect()
}

fn finding(timeline: &InstallTimeline<'_>, failed: &Exchange, lost: &[&str]) -> Finding {
    let why = failed
        .delivered()
        .map_or_else(|| "got no answer".to_owned(), |(_, answer)| format!("was answered {}", words::reply(answer)));
    let lost = words::list(&lost.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let message = format!("the SDK of {} never submitted {lost} again after the batch {why}", timeline.install);
    Finding::new(message, [failed.opened].into_iter().chain(failed.answer_in_place().map(|(seq, _)| seq)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::{Fate, Response, What};
    use crate::protocol::{CommandName, ReplyName, SdkCommandName};
    use crate::rules::testing::{Story, answered, no_occasion, refused, response, same_occasion, sdk, submit};

    const DAY: i64 = 86_400_000;

    /// A batch with this answer, then the given events, and a day.
    fn story(answer: Response, what: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of(&["sdk", "sdk:advance"]);
        story.told("phone", SdkCommandName::Launch, json!({}));
        story.told("phone", SdkCommandName::StartSync, json!({}));
        story.call(submit("phone", "session#1", "b-1", &["i-1", "i-2"]), answer);
        what(&mut story);
        story.pass(DAY);
        story.event(What::Quiescent);
        story
    }

    fn submits(story: &mut Story, items: &[&str]) {
        story.call(submit("phone", "session#1", "b-2", items), answered(ReplyName::BatchAccepted, json!({})));
    }

    #[test]
    fn a_batch_that_comes_again_holds_in_whatever_parts() {
        let story = story(response(503), |story| {
            submits(story, &["i-1"]);
            submits(story, &["i-2", "i-3"]);
        });
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn a_batch_that_never_comes_again_is_found() {
        let message = |why: &str| format!("the SDK of phone never submitted i-1 and i-2 again after the batch {why}");
        for (answer, why) in [
            (response(503), "was answered 503"),
            (response(429), "was answered 429"),
            (response(408), "was answered 408"),
            (response(200), "was answered 200"),
            (refused(ReplyName::Unavailable), "was answered unavailable"),
            (Response { fate: Fate::Lost, ..response(200) }, "got no answer"),
        ] {
            assert_eq!(story(answer, |_| {}).findings(&RULE), [(message(why), vec![5, 6])]);
        }
    }

    #[test]
    fn a_part_that_never_comes_again_is_found() {
        let story = story(response(503), |story| submits(story, &["i-1"]));
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn what_is_stopped_reset_offline_or_dead_is_not_expected() {
        for (command, arguments) in [
            (SdkCommandName::StopSync, json!({})),
            (SdkCommandName::Reset, json!({})),
            (SdkCommandName::Kill, json!({})),
            (SdkCommandName::Network, json!({"online": false})),
        ] {
            let story = story(response(503), |story| story.told("phone", command, arguments));
            assert_eq!(story.passed(&RULE), 0, "{command}");
        }
        let deactivated = story(response(503), |story| {
            story.call(submit("phone", "session#1", "b-9", &["i-9"]), refused(ReplyName::InstallDeactivated));
        });
        assert_eq!(deactivated.passed(&RULE), 0);
    }

    #[test]
    fn a_stop_keeps_what_is_held_for_the_next_start() {
        let stopped = |again: bool| {
            let story = story(response(503), |story| {
                story.told("phone", SdkCommandName::StopSync, json!({}));
                story.pass(3 * DAY);
                if again {
                    story.told("phone", SdkCommandName::StartSync, json!({}));
                }
            });
            story.findings(&RULE).len()
        };
        assert_eq!([stopped(false), stopped(true)], [0, 1]);
    }

    #[test]
    fn a_launch_after_a_kill_begins_the_wait_anew() {
        let relaunched = story(response(503), |story| {
            story.told("phone", SdkCommandName::Kill, json!({}));
            story.pass(DAY);
            story.told("phone", SdkCommandName::Launch, json!({}));
        });
        assert_eq!(relaunched.findings(&RULE).len(), 1);
    }

    #[test]
    fn what_the_user_denies_meanwhile_is_not_expected() {
        let denied = story(response(503), |story| {
            story.told("phone", SdkCommandName::Grant, json!({"permissions": {"location": false}}));
        });
        assert_eq!(denied.passed(&RULE), 0);
    }

    #[test]
    fn a_session_that_can_not_be_renewed_ends_it() {
        let over = story(response(503), |story| {
            story.call(sdk("phone", CommandName::RefreshSession, Some("session#1"), json!({})), response(413));
        });
        assert_eq!(over.passed(&RULE), 0);
    }

    #[test]
    fn without_time_or_for_a_refusal_nothing_is_expected() {
        let mut story = Story::of(&["sdk", "sdk:advance"]);
        story.told("phone", SdkCommandName::StartSync, json!({}));
        story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(503));
        story.pass(899_000);
        story.event(What::Quiescent);
        assert_eq!(story.passed(&RULE), 0);
        assert_eq!(self::story(response(400), |_| {}).passed(&RULE), 0);
        let nothing_cut = Response { fate: Fate::Cut, ..answered(ReplyName::BatchAccepted, json!({})) };
        assert_eq!(self::story(Response { body: None, ..nothing_cut }, |_| {}).passed(&RULE), 0);
    }

    #[test]
    fn an_interval_that_the_app_set_is_waited_for() {
        let slow = story(response(503), |story| {
            story.told("phone", SdkCommandName::SetInterval, json!({"seconds": 40_000}));
        });
        assert_eq!(slow.passed(&RULE), 0);
    }

    #[test]
    fn a_sync_that_went_past_a_failed_batch_convicts_without_time() {
        let synced = |brought: &[&str]| {
            let mut story = Story::of(&["sdk", "sdk:record", "sdk:sync_now"]);
            let record = |story: &mut Story, id: &str| {
                story.told("phone", SdkCommandName::Record, json!({"id": id, "category": "location"}));
            };
            record(&mut story, "i-1");
            story.call(submit("phone", "session#1", "b-1", &["i-1"]), response(503));
            record(&mut story, "i-2");
            let call = story.call_of("phone", SdkCommandName::SyncNow, json!({}), None);
            story.call(submit("phone", "session#1", "b-2", brought), answered(ReplyName::BatchAccepted, json!({})));
            story.returned(call, true);
            story
        };
        same_occasion(&RULE, &synced(&["i-1", "i-2"]), &synced(&["i-2"]));
        let message = "the SDK of phone never submitted i-1 again after the batch was answered 503";
        assert_eq!(synced(&["i-2"]).findings(&RULE), [(message.to_owned(), vec![3, 4])]);
        // It came without a sync that went past it.
        no_occasion(&RULE, &synced(&["i-1"]));
    }
}
