use serde_json::Value;

use crate::protocol::{CommandName, SdkCommandName};
use crate::rules::timelines::{CommandRecord, InstallTimeline, carried, each_install};
use crate::rules::tracker::Exchange;
use crate::rules::{Evidence, Finding};

rule! {
    /// A fresh credential works whatever the device's clock says.
    ///
    /// ### What is wrong
    /// The device's clock was wrong, the app handed a credential over, and the SDK did not send it; or the vendor took it,
    /// and the SDK told its app that the sign-in had failed.
    ///
    /// ### Why it matters
    /// Many devices' clocks are off, by minutes or by years. Whether a credential is still good is the vendor's to say; an SDK
    /// that reckons for itself locks these people out.
    ///
    /// ### How it is provoked
    /// The device's clock is set five minutes and a day off, before and after the true time, and a user signs in.
    ///
    /// ### What is right
    /// The SDK sends what it is given and goes by the answer.
    ///
    /// ### Example
    /// ```text
    /// app -> sdk         device_clock +24 h
    /// app -> sdk         create_user  credential#1
    /// sdk -> app         failed: expired                                <- and nothing was sent
    /// ```
    {
        name: "credential/clock-trusted",
        subjects: [Sdk],
        needs: [IssueCredential],
        precondition: "a new credential that an SDK which runs, is online and has no user is given while the device's clock is wrong",
        monitor: |context| each_install(context.lacks_commands(&["device_clock"]), judge),
    }
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    for command in timeline.commands(&[SdkCommandName::CreateUser]).filter(|command| is_fit(timeline, command)) {
        let (Some(credential), Some((returned, result))) = (command.text("credential"), &command.returned) else {
            continue;
        };
        evidence.exercised += 1;
        let within = |opened: u64| command.seq < opened && opened < *returned;
        let mut creates = timeline.calls(CommandName::CreateUser).filter(|create| within(create.opened));
        let sent: Vec<_> =
            creates.by_ref().filter(|create| carried(create, "credential").any(|label| label == credential)).collect();
        let taken = sent.iter().find(|create| create.heard_done().is_some());
        let install = &timeline.install;
        let clock = timeline.wrong_clock(command.seq).map(|clock| clock.seq);
        let proof = clock.into_iter().chain([command.seq, *returned]);
        if sent.is_empty() {
            let message = format!(
                "with the device's clock wrong, the SDK of {install} was given {credential} and did not send it"
            );
            evidence.findings.push(Finding::new(message, proof));
        } else if let Some(taken) = taken.filter(|_| !result.success) {
            let message = format!(
                "with the device's clock wrong, the SDK of {install} told that the sign-in failed, though the vendor had taken \
                 {credential}"
            );
            evidence.findings.push(Finding::new(message, proof.chain([taken.opened])));
        }
    }
}

/// Whether nothing but the clock could keep the SDK from signing in. Where the app asks for its user several times at once,
/// a second sign-in may take the first one's place: that is the affair of `user/created-twice`.
fn is_fit(timeline: &InstallTimeline<'_>, command: &CommandRecord) -> bool {
    let before = |names| timeline.commands(names).rfind(|record| record.seq < command.seq);
    let has_run = before(&[SdkCommandName::Launch, SdkCommandName::Kill])
        .is_some_and(|record| record.call.name == SdkCommandName::Launch);
    let is_online = before(&[SdkCommandName::Network])
        .is_none_or(|record| record.call.arguments.get("online").and_then(Value::as_bool) != Some(false));
    let is_undisturbed = command.returned.as_ref().is_some_and(|(seq, _)| {
        !timeline.was_told(
            &[
                SdkCommandName::CreateUser,
                SdkCommandName::Kill,
                SdkCommandName::Reset,
                SdkCommandName::Forget,
                SdkCommandName::Network,
            ],
            command.seq,
            *seq,
        )
    });
    timeline.wrong_clock(command.seq).is_some()
        && has_run
        && is_online
        && is_free(timeline, command.seq)
        && !is_put_off(timeline, command.seq)
        && !is_used(timeline, command)
        && is_undisturbed
}

/// Whether the install has no user and no open request for one.
fn is_free(timeline: &InstallTimeline<'_>, place: u64) -> bool {
    let since = timeline.freed(place);
    let asked =
        timeline.commands(&[SdkCommandName::CreateUser]).filter(|command| since < command.seq && command.seq < place);
    let has_failed = |command: &CommandRecord| {
        command.returned.as_ref().is_some_and(|(seq, result)| *seq < place && !result.success)
    };
    let mut taken =
        timeline.calls(CommandName::CreateUser).filter(|create| since < create.opened && create.opened < place);
    asked.into_iter().all(has_failed) && !taken.any(|create| create.heard_done().is_some())
}

/// Whether the install has sent this credential before. Sending it again is not about the clock.
fn is_used(timeline: &InstallTimeline<'_>, command: &CommandRecord) -> bool {
    let credential = command.text("credential");
    let carries = |create: &Exchange| carried(create, "credential").any(|label| credential == Some(label));
    timeline.calls(CommandName::CreateUser).any(|create| create.opened < command.seq && carries(create))
}

/// Whether the vendor has sent the install a `Retry-After`. How long an SDK then waits is up to the SDK.
fn is_put_off(timeline: &InstallTimeline<'_>, place: u64) -> bool {
    let answers = timeline.spoke.iter().filter_map(|exchange| exchange.delivered()).filter(|(seq, _)| *seq < place);
    answers.into_iter().any(|(_, answer)| answer.headers.iter().any(|(name, _)| name == "retry-after"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::ReplyName;
    use crate::rules::testing::{Story, create, no_occasion, refused, same_occasion, signed_in};

    /// A sign-in with the clock off by `offset` milliseconds.
    fn story(offset: i64, success: bool, what: impl FnOnce(&mut Story)) -> Story {
        let mut story = Story::of(&["sdk", "sdk:device_clock"]);
        story.told("phone", SdkCommandName::Launch, json!({}));
        story.told("phone", SdkCommandName::DeviceClock, json!({"offset_ms": offset}));
        let command =
            story.call_of("phone", SdkCommandName::CreateUser, json!({"credential": "credential#1"}), Some("alice"));
        what(&mut story);
        story.returned(command, success);
        story
    }

    fn redeems(story: &mut Story) {
        story.call(create("phone", "credential#1"), signed_in("5a18", "session#1"));
    }

    #[test]
    fn the_same_sign_in_that_is_not_sent_or_not_believed_is_found() {
        let right = story(300_000, true, redeems);
        same_occasion(&RULE, &right, &story(300_000, false, |_| {}));
        same_occasion(&RULE, &right, &story(300_000, false, redeems));
        no_occasion(&RULE, &story(0, true, redeems));
    }

    #[test]
    fn a_sign_in_under_a_wrong_clock_holds() {
        for offset in [-86_400_000, -300_000, 300_000, 86_400_000] {
            assert_eq!(story(offset, true, redeems).passed(&RULE), 1);
        }
    }

    #[test]
    fn a_credential_that_is_not_sent_is_found() {
        let message = "with the device's clock wrong, the SDK of phone was given credential#1 and did not send it";
        assert_eq!(story(300_000, false, |_| {}).findings(&RULE), [(message.to_owned(), vec![3, 5, 6])]);
    }

    #[test]
    fn a_sign_in_that_the_vendor_took_and_the_sdk_did_not_is_found() {
        let message = "with the device's clock wrong, the SDK of phone told that the sign-in failed, though the vendor had \
                       taken credential#1";
        assert_eq!(story(300_000, false, redeems).findings(&RULE), [(message.to_owned(), vec![3, 5, 6, 8])]);
    }

    #[test]
    fn a_refusal_by_the_vendor_holds_and_a_true_clock_shows_nothing() {
        let refused = story(300_000, false, |story| {
            story.call(create("phone", "credential#1"), refused(ReplyName::CredentialExpired));
        });
        assert_eq!(refused.passed(&RULE), 1);
        assert_eq!(story(0, false, |_| {}).passed(&RULE), 0);
    }

    #[test]
    fn an_sdk_that_has_a_user_or_no_network_may_refuse() {
        let mut signed_in = story(300_000, true, redeems);
        let command =
            signed_in.call_of("phone", SdkCommandName::CreateUser, json!({"credential": "credential#2"}), Some("bob"));
        signed_in.returned(command, false);
        assert_eq!(signed_in.passed(&RULE), 1);
        let offline =
            story(300_000, false, |story| story.told("phone", SdkCommandName::Network, json!({"online": false})));
        assert_eq!(offline.passed(&RULE), 0);
    }

    #[test]
    fn a_sign_in_whose_place_another_takes_shows_nothing_about_the_clock() {
        let again = story(300_000, false, |story| {
            redeems(story);
            let command = story.call_of(
                "phone",
                SdkCommandName::CreateUser,
                json!({"credential": "credential#2"}),
                Some("alice"),
            );
            story.call(create("phone", "credential#2"), signed_in("5a18", "session#2"));
            story.returned(command, true);
        });
        assert_eq!(again.passed(&RULE), 0);
    }

    #[test]
    fn a_user_who_was_asked_for_while_a_reset_was_under_way_is_there() {
        let mut story = story(300_000, true, redeems);
        let reset = story.call_of("phone", SdkCommandName::Reset, json!({}), None);
        let next =
            story.call_of("phone", SdkCommandName::CreateUser, json!({"credential": "credential#2"}), Some("bob"));
        let open = story.send(create("phone", "credential#2"));
        story.returned(reset, true);
        story.answer(open, signed_in("9c07", "session#2"));
        story.returned(next, true);
        let again =
            story.call_of("phone", SdkCommandName::CreateUser, json!({"credential": "credential#3"}), Some("bob"));
        story.returned(again, false);
        assert_eq!(story.passed(&RULE), 1);
    }
}
