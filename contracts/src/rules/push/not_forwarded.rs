use crate::protocol::SdkCommandName;
use crate::rules::apps::{commanded, each_app, made};
use crate::rules::pushes::{is_foreign, payload};
use crate::rules::timelines::{CommandRecord, InstallTimeline};
use crate::rules::{Evidence, Finding};

rule! {
    /// An app hands each of the vendor's pushes to its SDK.
    ///
    /// ### What is wrong
    /// A push that bears the vendor's marker arrived at the app, and the SDK never got it.
    ///
    /// ### Why it matters
    /// By pushes the vendor wakes an SDK that its system has put to sleep. Where they end in the app, data stops on exactly
    /// those phones that are the strictest.
    ///
    /// ### How it is provoked
    /// A push of the vendor, as its contract describes them, is delivered to an app that runs.
    ///
    /// ### What is right
    /// The app shows each push to the SDK's own test, and hands over what is the vendor's, whole.
    ///
    /// ### Example
    /// ```text
    /// push service -> app    receive_push {"sender": "acme"}
    ///                                                                   <- and no forward_push
    /// ```
    {
        name: "push/not-forwarded",
        subjects: [App],
        needs: [Push],
        precondition: "a push of the vendor that arrives at an app",
        monitor: |context| each_app(context, &["receive_push", "forward_push"], judge),
    }
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    let mut handed: Vec<_> = made(timeline, &[SdkCommandName::ForwardPush]).collect();
    let taken = |push: &&CommandRecord| push.done().is_some() && !is_foreign(push);
    for push in commanded(timeline, &[SdkCommandName::ReceivePush]).filter(taken) {
        evidence.exercised += 1;
        let is_it = |command: &&CommandRecord| {
            command.seq > push.seq && payload(command).is_none_or(|forwarded| Some(forwarded) == payload(push))
        };
        match handed.iter().position(is_it) {
            Some(place) => drop(handed.remove(place)),
            None => {
                let message = format!("the app of {} did not hand a push of the vendor to its SDK", timeline.install);
                evidence.findings.push(Finding::new(message, [push.seq]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::rules::testing::{Story, no_occasion, same_occasion};

    fn received(arguments: Value, forwards: &[Value]) -> Story {
        let mut story = Story::of_app(&["receive_push", "forward_push"]);
        let push = story.call_of("phone", SdkCommandName::ReceivePush, arguments, None);
        for forward in forwards {
            story.made("phone", SdkCommandName::ForwardPush, forward.clone(), Some(true));
        }
        story.returned(push, true);
        story
    }

    fn push(id: &str) -> Value {
        json!({"payload": {"sender": "acme", "id": id}})
    }

    #[test]
    fn a_push_that_is_handed_over_holds() {
        assert_eq!(received(push("1"), &[push("1")]).passed(&RULE), 1);
        same_occasion(&RULE, &received(push("1"), &[push("1")]), &received(push("1"), &[]));
        assert_eq!(received(push("1"), &[json!({})]).passed(&RULE), 1, "the shim doesn't tell what was handed over");
    }

    #[test]
    fn a_push_that_is_kept_or_changed_is_found() {
        let message = "the app of phone did not hand a push of the vendor to its SDK";
        for forwards in [&[][..], &[push("2")]] {
            assert_eq!(received(push("1"), forwards).findings(&RULE), [(message.to_owned(), vec![1])]);
        }
    }

    #[test]
    fn one_call_hands_over_one_push() {
        let mut story = received(push("1"), &[push("1")]);
        let second = story.call_of("phone", SdkCommandName::ReceivePush, push("1"), None);
        story.returned(second, true);
        assert_eq!(
            story.findings(&RULE),
            [("the app of phone did not hand a push of the vendor to its SDK".to_owned(), vec![5])]
        );
    }

    #[test]
    fn a_foreign_push_and_one_that_an_app_could_not_take_are_not_judged() {
        let foreign = received(json!({"payload": {"title": "Two for one on pizza"}, "foreign": true}), &[]);
        no_occasion(&RULE, &foreign);
        let mut story = Story::of_app(&["receive_push", "forward_push"]);
        let push = story.call_of("phone", SdkCommandName::ReceivePush, push("1"), None);
        story.returned(push, false);
        assert_eq!(story.passed(&RULE), 0);
    }
}
