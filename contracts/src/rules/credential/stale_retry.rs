use crate::history::Subject;
use crate::protocol::{CommandName, Field, MintPolicy, ReplyName, SdkCommandName};
use crate::rules::apps::{commanded, is_alone, made, over_apps};
use crate::rules::redemptions::{Redemption, each_redeemer, redemptions};
use crate::rules::several::each_subject;
use crate::rules::timelines::{CommandRecord, InstallTimeline};
use crate::rules::tracker::Exchange;
use crate::rules::{Context, Evidence, Finding, Joined, Monitor, words};

rule! {
    /// A credential that was refused as expired, spent or unknown is not tried again.
    ///
    /// ### What is wrong
    /// The vendor told the SDK that a credential is no good any more, and the SDK sent it once more, though the app had not
    /// handed it over anew. Or the app handed it over once more, or asked its backend for more than one new one.
    ///
    /// ### Why it matters
    /// No repetition makes an old credential good. An SDK that insists keeps its user waiting for a sign-in that can't
    /// happen, and looks to the vendor like somebody who guesses.
    ///
    /// ### How it is provoked
    /// A credential expires before the SDK gets it, was redeemed elsewhere, or was never issued.
    ///
    /// ### What is right
    /// The SDK tells its app that the sign-in failed, so that the app can ask its backend for a new credential, once.
    ///
    /// ### Example
    /// ```text
    /// sdk -> vendor      POST /sdk/users  {"code": "credential#1"}
    /// vendor -> sdk      401 credential_expired
    /// sdk -> vendor      POST /sdk/users  {"code": "credential#1"}      <- the same again
    /// ```
    {
        name: "credential/stale-retry",
        subjects: [Sdk, App],
        needs: [IssueCredential],
        precondition: "a credential that was refused as expired, spent or unknown when the SDK redeemed it, and then a turn of the SDK, or a sign-in that the app was told had failed",
        monitor: |context| each_subject(context, &[(Subject::Sdk, of_sdk), (Subject::App, of_app)]),
    }
}

fn of_sdk(context: &Context<'_>) -> Box<dyn Monitor> {
    each_redeemer(context.lacks_sight(), judge)
}

fn of_app(context: &Context<'_>) -> Box<dyn Monitor> {
    let each_start = context.fact("credential.mint") == Some(MintPolicy::EachStart);
    over_apps(context, &["create_user"], move |joined| judge_apps(joined, each_start))
}

fn judge(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    for redemption in redemptions(timeline).into_iter().filter(Redemption::is_stale) {
        evidence.exercised += u64::from(timeline.had_turn(redemption.heard, u64::MAX));
        let Some(again) = redemption.again else { continue };
        let (install, credential) = (&timeline.install, redemption.credential);
        let why = words::reply(redemption.answer);
        let message = format!("the SDK of {install} sent {credential} again after the vendor had refused it: {why}");
        let proof = [redemption.create.opened, redemption.heard, again.opened];
        evidence.findings.push(Finding::new(message, proof));
    }
}

fn judge_apps(joined: &Joined<'_>, each_start: bool) -> Evidence {
    let mut evidence = Evidence::default();
    let all = joined.timelines();
    for timeline in all {
        for stale in redemptions(timeline).iter().filter(|redemption| redemption.is_stale()) {
            let again = handed_again(timeline, stale, each_start);
            let many = asked_for_many(joined, all, timeline, stale);
            evidence.exercised += u64::from(has_failed(timeline, stale).is_some());
            let install = &timeline.install;
            if let Some(again) = again {
                let message =
                    format!("the app of {install} handed over {} after the vendor had refused it", stale.credential);
                evidence.findings.push(Finding::new(message, [stale.heard, again]));
            }
            if let Some(many) = many {
                let message = format!("the app of {install} asked for several credentials after one had been refused");
                evidence.findings.push(Finding::new(message, [stale.heard].into_iter().chain(many)));
            }
        }
    }
    evidence
}

/// The place where the app handed over a credential again that it knew to be refused. Where each start takes a new
/// one, another rule judges later starts.
fn handed_again(timeline: &InstallTimeline<'_>, stale: &Redemption<'_>, each_start: bool) -> Option<u64> {
    let failed = has_failed(timeline, stale)?;
    let events = &[SdkCommandName::Launch, SdkCommandName::Open, SdkCommandName::LogIn];
    let next = commanded(timeline, events).find(|command| command.seq > failed).filter(|_| each_start);
    let until = next.map_or(u64::MAX, |command| command.seq);
    hand_overs(timeline, stale).map(|command| command.seq).find(|seq| failed < *seq && *seq < until)
}

/// The place where the app was told that the sign-in with a refused credential had failed.
fn has_failed(timeline: &InstallTimeline<'_>, stale: &Redemption<'_>) -> Option<u64> {
    let first = hand_overs(timeline, stale).next()?;
    first.returned.as_ref().filter(|(_, result)| !result.success).map(|(seq, _)| *seq)
}

/// The calls by which an app handed over this credential.
fn hand_overs<'l>(timeline: &InstallTimeline<'l>, stale: &Redemption<'_>) -> impl Iterator<Item = &'l CommandRecord> {
    made(timeline, &[SdkCommandName::CreateUser]).filter(|command| command.text("credential") == Some(stale.credential))
}

/// The credentials issued for one user between a refusal and the next redemption. `None` unless they are several and
/// no other app did anything.
fn asked_for_many(
    joined: &Joined<'_>,
    all: &[InstallTimeline<'_>],
    timeline: &InstallTimeline<'_>,
    stale: &Redemption<'_>,
) -> Option<Vec<u64>> {
    let next = timeline.calls(CommandName::CreateUser).find(|create| create.opened > stale.heard)?;
    let is_issued = |exchange: &&Exchange| {
        let issued = exchange.answer().is_some_and(|answer| answer.reply == Some(ReplyName::CredentialIssued));
        issued && stale.heard < exchange.opened && exchange.opened < next.opened
    };
    let issued: Vec<_> = joined.exchanges().iter().copied().filter(is_issued).collect();
    let user = |exchange: &Exchange| exchange.request.step.as_ref()?.text(&Field::ExternalId).map(str::to_owned);
    let is_one = issued.iter().all(|exchange| user(exchange) == user(issued[0]));
    let places: Vec<_> = issued.iter().map(|exchange| exchange.opened).collect();
    let is_told = places.len() > 1 && is_one && places.iter().all(|place| is_alone(all, &timeline.install, *place));
    is_told.then_some(places)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::{Fate, Response};
    use crate::rules::testing::{Story, create, issue, issued, no_occasion, refused, same_occasion, signed_in};

    fn story(refusal: Response, next: &str) -> Story {
        let mut story = Story::new();
        story.call(create("phone", "credential#1"), refusal);
        story.call(create("phone", next), signed_in("5a18", "session#1"));
        story
    }

    #[test]
    fn a_new_credential_after_a_refusal_holds_and_the_same_one_is_found() {
        let expired = || refused(ReplyName::CredentialExpired);
        same_occasion(&RULE, &story(expired(), "credential#2"), &story(expired(), "credential#1"));
        let mut alone = Story::new();
        alone.call(create("phone", "credential#1"), expired());
        no_occasion(&RULE, &alone);
    }

    #[test]
    fn the_same_failure_that_an_app_is_told_of_convicts() {
        let right = app(&["credential#2"], "credential#2");
        same_occasion(&RULE, &right, &app(&[], "credential#1"));
        same_occasion(&RULE, &right, &app(&["credential#2", "credential#3"], "credential#3"));
    }

    #[test]
    fn the_same_credential_after_a_refusal_is_found() {
        for reply in [ReplyName::CredentialExpired, ReplyName::CredentialSpent, ReplyName::CredentialUnknown] {
            let message = format!("the SDK of phone sent credential#1 again after the vendor had refused it: {reply}");
            assert_eq!(story(refused(reply), "credential#1").findings(&RULE), [(message, vec![1, 2, 3])]);
        }
    }

    /// An app whose credential was refused, then the `new` credentials, then `next`, which it hands over.
    fn app(new: &[&str], next: &str) -> Story {
        let mut story = Story::of_app(&["create_user"]);
        story.does("phone", SdkCommandName::LogIn, Some("alice"), |story| {
            story.call(create("phone", "credential#1"), refused(ReplyName::CredentialExpired));
            for credential in new {
                story.call(issue("a-1"), issued(credential));
            }
            story.call(create("phone", next), signed_in("5a18", "session#1"));
            story.made("phone", SdkCommandName::CreateUser, json!({"credential": "credential#1"}), Some(false));
            story.made("phone", SdkCommandName::CreateUser, json!({"credential": next}), Some(true));
        });
        story
    }

    #[test]
    fn an_app_that_asks_for_one_new_credential_holds() {
        assert_eq!(app(&["credential#2"], "credential#2").passed(&RULE), 1);
    }

    #[test]
    fn an_app_that_hands_the_old_one_over_again_is_found() {
        let message = "the app of phone handed over credential#1 after the vendor had refused it";
        assert_eq!(app(&[], "credential#1").findings(&RULE), [(message.to_owned(), vec![3, 8])]);
    }

    #[test]
    fn an_app_that_asks_for_several_is_found() {
        let message = "the app of phone asked for several credentials after one had been refused";
        let story = app(&["credential#2", "credential#3"], "credential#3");
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![3, 4, 6])]);
    }

    #[test]
    fn the_old_one_at_a_later_start_is_another_rules_affair_where_each_start_takes_a_new_one() {
        for (mint, found) in [("each_start", 0), ("once_per_install", 1)] {
            let mut story = app(&["credential#2"], "credential#2").knowing("credential.mint", mint);
            story.does("phone", SdkCommandName::Open, None, |story| {
                story.made("phone", SdkCommandName::CreateUser, json!({"credential": "credential#1"}), Some(false));
            });
            assert_eq!(story.findings(&RULE).len(), found, "{mint}");
        }
    }

    #[test]
    fn what_was_never_heard_or_may_pass_is_not_judged() {
        let lost = Response { fate: Fate::Lost, ..refused(ReplyName::CredentialExpired) };
        assert_eq!(story(lost, "credential#1").passed(&RULE), 0);
        assert_eq!(story(refused(ReplyName::Unavailable), "credential#1").passed(&RULE), 0);
    }

    #[test]
    fn what_the_app_hands_over_again_is_not_the_sdks_mistake() {
        let mut story = Story::new();
        story.call(create("phone", "credential#1"), refused(ReplyName::CredentialExpired));
        story.told("phone", SdkCommandName::CreateUser, json!({"credential": "credential#1"}));
        story.call(create("phone", "credential#1"), refused(ReplyName::CredentialExpired));
        assert_eq!(story.passed(&RULE), 1);
    }
}
