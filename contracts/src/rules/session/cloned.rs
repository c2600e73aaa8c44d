use std::collections::BTreeSet;

use crate::history::CLONE_OF;
use crate::protocol::{Field, SdkCommandName};
use crate::rules::timelines::{InstallTimeline, carried, over_installs};
use crate::rules::tracker::Exchange;
use crate::rules::{Evidence, Finding, Joined};

rule! {
    /// Two devices never go on as one install, though one has a copy of the other's storage.
    ///
    /// ### What is wrong
    /// What an install had stored was put on a second device, as a backup is. After that both devices were served by the vendor
    /// with the same session, or under the same install id.
    ///
    /// ### Why it matters
    /// The vendor sees one device that is in two places. Two lives flow into one, each renewal of the session throws the other
    /// device out, and numbers that only ever count up go backwards.
    ///
    /// ### How it is provoked
    /// An install is made on a copy of another's storage, on a device with an id of its own; both go on.
    ///
    /// ### What is right
    /// The storage says of which device it is, or is kept where no backup reaches it. A copy is a new install, which has no
    /// session until its app signs its user in.
    ///
    /// ### Example
    /// ```text
    /// app -> phone       launch                                        (its storage is put on a tablet)
    /// app -> tablet      launch
    /// phone -> vendor    POST /sdk/batches  session#1
    /// tablet -> vendor   POST /sdk/batches  session#1                  <- which of them is it?
    /// ```
    {
        name: "session/cloned",
        subjects: [Sdk],
        needs: [CreateUser],
        precondition: "an install on a copy of another's storage, both of which the vendor served then, the other in a session or under an id",
        monitor: |context| over_installs(context.lacks_commands(&["storage:clone"]), judge),
    }
}

fn judge(joined: &Joined<'_>) -> Evidence {
    let mut evidence = Evidence::default();
    let timelines = joined.timelines();
    for copy in timelines {
        let Some((launched, of)) = copied_from(copy) else { continue };
        let Some(original) = timelines.iter().find(|timeline| timeline.install == of) else { continue };
        let (here, there) = (served(copy, launched), served(original, launched));
        let is_known = there.iter().any(|exchange| !selves(exchange).is_empty());
        evidence.exercised += u64::from(!here.is_empty() && is_known);
        evidence.findings.extend(offence(copy, original, (&here, &there)));
    }
    evidence
}

/// The place where an install that is a copy was first started, and the name of the install that it copies.
fn copied_from<'l>(timeline: &InstallTimeline<'l>) -> Option<(u64, &'l str)> {
    timeline.commands(&[SdkCommandName::Launch]).find_map(|command| Some((command.seq, command.text(CLONE_OF)?)))
}

/// The requests after this place that the vendor carried out.
fn served<'l>(timeline: &InstallTimeline<'l>, after: u64) -> Vec<&'l Exchange> {
    timeline
        .spoke
        .iter()
        .copied()
        .filter(|exchange| exchange.opened > after && exchange.heard_done().is_some())
        .collect()
}

type Both<'e, 'l> = (&'e [&'l Exchange], &'e [&'l Exchange]);

fn offence(copy: &InstallTimeline<'_>, original: &InstallTimeline<'_>, (here, there): Both<'_, '_>) -> Option<Finding> {
    let mut pairs = here.iter().flat_map(|one| there.iter().map(move |other| (*one, *other)));
    let (one, other, shown) = pairs.find_map(|(one, other)| Some((one, other, shared(one, other)?)))?;
    let message = format!(
        "{} holds a copy of the storage of {}, and the vendor served both as {shown}",
        copy.install, original.install
    );
    Some(Finding::new(message, [one.opened, other.opened]))
}

/// A session or install id that both exchanges used, if there is one.
fn shared<'l>(one: &'l Exchange, other: &'l Exchange) -> Option<&'l str> {
    selves(one).intersection(&selves(other)).next().copied()
}

/// The sessions and the install id in a request.
fn selves(exchange: &Exchange) -> BTreeSet<&str> {
    let id = exchange.request.step.as_ref().and_then(|step| step.text(&Field::InstallId));
    carried(exchange, "session").chain(id).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::{CommandName, ReplyName};
    use crate::rules::testing::{
        Story, answered, create, no_occasion, refused, response, same_occasion, sdk, signed_in, submit,
    };

    /// A phone that is signed in, and a tablet launched on a copy of its storage, then the given events.
    fn story(what: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of(&["sdk", "sdk:storage:clone"]);
        story.told("phone", SdkCommandName::Launch, json!({}));
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
        story.told("tablet", SdkCommandName::Launch, json!({"clone_of": "phone"}));
        what(&mut story);
        story
    }

    /// This install submits a batch, and the vendor accepts it.
    fn is_served(story: &mut Story, install: &str, session: &str) {
        let kept = answered(ReplyName::BatchAccepted, json!({}));
        story.call(submit(install, session, "b-1", &["i-1"]), kept);
    }

    #[test]
    fn a_copy_that_signs_in_by_itself_holds() {
        let story = story(|story| {
            is_served(story, "phone", "session#1");
            story.call(create("tablet", "credential#2"), signed_in("5a18", "session#2"));
            is_served(story, "tablet", "session#2");
        });
        assert_eq!(story.passed(&RULE), 1);
        let wrong = self::story(|story| {
            is_served(story, "phone", "session#1");
            is_served(story, "tablet", "session#1");
        });
        same_occasion(&RULE, &story, &wrong);
        let nobody = self::story(|story| {
            story.call(create("phone", "credential#3"), signed_in("5a18", "session#3"));
            story.call(create("tablet", "credential#2"), signed_in("5a18", "session#2"));
        });
        no_occasion(&RULE, &nobody);
    }

    #[test]
    fn one_session_on_two_devices_is_found() {
        let story = story(|story| {
            is_served(story, "phone", "session#1");
            is_served(story, "tablet", "session#1");
        });
        let message = "tablet holds a copy of the storage of phone, and the vendor served both as session#1";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![7, 9])]);
    }

    #[test]
    fn one_install_id_on_two_devices_is_found() {
        let call = |install: &str, session: &str| {
            sdk(install, CommandName::RefreshSession, Some(session), json!({"install_id": "c0ffee"}))
        };
        let renewed = || signed_in("5a18", "session#3");
        let story = story(|story| {
            story.call(call("phone", "session#1"), renewed());
            story.call(call("tablet", "session#2"), renewed());
        });
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn what_the_vendor_refuses_or_cannot_be_read_and_what_was_before_the_copy_prove_nothing() {
        let refusal = story(|story| {
            is_served(story, "phone", "session#1");
            story.call(submit("tablet", "session#1", "b-1", &["i-1"]), refused(ReplyName::Malformed));
            story.call(submit("tablet", "session#1", "b-1", &["i-1"]), response(200));
        });
        assert_eq!(refusal.passed(&RULE), 0);
        let alone = story(|story| is_served(story, "tablet", "session#1"));
        assert_eq!(alone.passed(&RULE), 0);
    }
}
