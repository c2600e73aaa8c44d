use crate::rules::lives::Life;
use crate::rules::redemptions::{Redemption, each_redeemer, redemptions};
use crate::rules::{Evidence, Finding, words};

rule! {
    /// A credential that was refused as expired, spent or unknown is not tried again.
    ///
    /// ### What is wrong
    /// The vendor told the SDK that a credential is no good any more, and the SDK sent it once more, though the app had not
    /// handed it over anew.
    ///
    /// ### Why it matters
    /// No repetition makes an old credential good. An SDK that insists keeps its user waiting for a sign-in that can't
    /// happen, and looks to the vendor like somebody who guesses.
    ///
    /// ### How it is provoked
    /// A credential expires before the SDK gets it, was redeemed elsewhere, or was never issued.
    ///
    /// ### What is right
    /// The SDK tells its app that the sign-in failed, so that the app can ask its backend for a new credential.
    ///
    /// ### Example
    /// ```text
    /// sdk -> vendor      POST /sdk/users  {"code": "credential#1"}
    /// vendor -> sdk      401 credential_expired
    /// sdk -> vendor      POST /sdk/users  {"code": "credential#1"}      <- the same again
    /// ```
    {
        name: "credential/stale-retry",
        subjects: [Sdk],
        needs: [IssueCredential],
        antecedent: "a credential that was refused as expired, spent or unknown when the SDK redeemed it",
        monitor: |_| each_redeemer(judge),
    }
}

fn judge(life: &Life<'_>, evidence: &mut Evidence) {
    for redemption in redemptions(life).into_iter().filter(Redemption::is_stale) {
        evidence.exercised += 1;
        let Some(again) = redemption.again else { continue };
        let (install, credential) = (&life.install, redemption.credential);
        let why = words::reply(redemption.answer);
        let message = format!("the SDK of {install} sent {credential} again after the vendor had refused it: {why}");
        let proof = [redemption.create.opened, redemption.heard, again.opened];
        evidence.findings.push(Finding::new(message, proof));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::history::{Fate, Response};
    use crate::protocol::{OrderName, ReplyName};
    use crate::rules::testing::{Story, create, refused, signed_in};

    fn story(refusal: Response, next: &str) -> Story {
        let mut story = Story::new();
        story.call(create("phone", "credential#1"), refusal);
        story.call(create("phone", next), signed_in("5a18", "session#1"));
        story
    }

    #[test]
    fn a_new_credential_after_a_refusal_holds() {
        assert_eq!(story(refused(ReplyName::CredentialExpired), "credential#2").held(&RULE), 1);
    }

    #[test]
    fn the_same_credential_after_a_refusal_is_found() {
        for reply in [ReplyName::CredentialExpired, ReplyName::CredentialSpent, ReplyName::CredentialUnknown] {
            let message = format!("the SDK of phone sent credential#1 again after the vendor had refused it: {reply}");
            assert_eq!(story(refused(reply), "credential#1").findings(&RULE), [(message, vec![1, 2, 3])]);
        }
    }

    #[test]
    fn what_was_never_heard_or_may_pass_is_not_judged() {
        let lost = Response { fate: Fate::Lost, ..refused(ReplyName::CredentialExpired) };
        assert_eq!(story(lost, "credential#1").held(&RULE), 0);
        assert_eq!(story(refused(ReplyName::Unavailable), "credential#1").held(&RULE), 0);
    }

    #[test]
    fn what_the_app_hands_over_again_is_not_the_sdks_mistake() {
        let mut story = Story::new();
        story.call(create("phone", "credential#1"), refused(ReplyName::CredentialExpired));
        story.told("phone", OrderName::CreateUser, json!({"credential": "credential#1"}));
        story.call(create("phone", "credential#1"), refused(ReplyName::CredentialExpired));
        assert_eq!(story.held(&RULE), 2);
    }
}
