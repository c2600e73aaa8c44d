use crate::history::Login;
use crate::rules::at_the_end::at_the_end;
use crate::rules::tracker::{AppRequest, credentials};
use crate::rules::{Evidence, Finding, words};

rule! {
    /// What an app gets as its credential is one that the vendor issued.
    ///
    /// ### What is wrong
    /// The client backend answered its app with success, and what stands in the place of the credential is none that the
    /// vendor ever issued: a constant, a text of its own, or a credential that was cut or changed on the way.
    ///
    /// ### Why it matters
    /// The app hands it to its SDK, and no user is ever signed in. The backend's own monitoring shows nothing but success.
    ///
    /// ### How it is provoked
    /// Each answer to an app is looked at. A credential is recognised in whatever encoding it stands, also inside of other
    /// text. If only the app can read it, `outcome = { opaque = true }` in the file says so, and the rule is not testable.
    ///
    /// ### What is right
    /// The vendor's credential reaches the app unchanged; and where there is none, the answer is a failure.
    ///
    /// ### Example
    /// ```text
    /// app -> backend     POST /credential                                 as alice
    /// backend -> vendor  POST /auth {"id": "a-1"}
    /// vendor -> backend  200 {"code": credential#1}
    /// backend -> app     200 {"code": "constant"}                         <- nothing that the vendor knows
    /// ```
    {
        name: "credential/not-the-vendors",
        needs: [IssueCredential],
        precondition: "an answer to an app that claims to hold its credential",
        on_wire: true,
        monitor: |context| at_the_end(context.lacks_outcome(), judge),
    }
}

fn judge(requests: &[AppRequest<'_>]) -> Evidence {
    let mut evidence = Evidence::default();
    for request in requests {
        let is_honest =
            |intent: &&crate::history::AppIntent| intent.call == "credential" && intent.login == Login::Valid;
        let Some(intent) = request.intent.filter(is_honest) else { continue };
        let Some((answered, answer)) = request.exchange.delivered() else { continue };
        if !answer.outcome.as_ref().is_some_and(|outcome| outcome.success) {
            continue;
        }
        evidence.exercised += 1;
        if credentials(request.exchange).is_empty() {
            let app = words::app(Some(intent));
            let message =
                format!("the client backend answered {app} with success, and with no credential of the vendor");
            let calls = request.calls.iter().map(|call| call.opened);
            evidence.findings.push(Finding::new(message, calls.chain([request.exchange.opened, answered])));
        }
    }
    evidence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, app, failed, handed, issue, issued, no_occasion, same_occasion, wish};

    /// An app asks, the vendor issues `credential#1`, and the app gets this.
    fn story(gets: &str) -> Story {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        story.call(issue("a-1"), issued("credential#1"));
        story.answer(asked, handed(gets));
        story
    }

    #[test]
    fn the_same_occasion_convicts() {
        same_occasion(&RULE, &story("credential#1"), &story("constant"));
        let message = "the client backend answered alice's app with success, and with no credential of the vendor";
        assert_eq!(story("constant").findings(&RULE), [(message.to_owned(), vec![1, 2, 4])]);
    }

    #[test]
    fn a_constant_without_any_call_is_found_too() {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        story.answer(asked, handed("constant"));
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn a_failure_needs_no_credential() {
        let mut story = Story::new();
        let asked = story.send(app(wish("alice")));
        story.answer(asked, failed(502, "sorry"));
        no_occasion(&RULE, &story);
    }
}
