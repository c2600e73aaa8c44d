use crate::history::{AppIntent, Login};
use crate::protocol::CommandName;
use crate::rules::at_the_end::at_the_end;
use crate::rules::tracker::{AppRequest, credentials};
use crate::rules::{Evidence, Finding, words};

rule! {
    /// A credential is asked for, and handed out, only for an app whose user is logged in.
    ///
    /// ### What is wrong
    /// An app without a login, or with one that is malformed or nobody's, makes the client backend ask the vendor for a
    /// credential, or even gets one.
    ///
    /// ### Why it matters
    /// The credential is the vendor's login. Who gets one without a login of the client's own can become any user there.
    ///
    /// ### How it is provoked
    /// Standin asks as an app with no login, with one whose last characters were changed, and with one of nobody.
    ///
    /// ### What is right
    /// The login is checked first, and the app told 401 before anything else is done. Credentials may be got ahead of need;
    /// one that is handed to somebody else is not held against the request during which it came.
    ///
    /// ### Example
    /// ```text
    /// app -> backend     POST /credential            (no login)
    /// backend -> vendor  POST /auth  {"id": "a-1"}   <- nobody is logged in
    /// backend -> app     401
    /// ```
    {
        name: "credential/without-app-login",
        needs: [IssueCredential],
        precondition: "an answer to an app that asked for a credential without a valid login, from a backend that has served others",
        monitor: |context| at_the_end(context.lacks_call("credential"), judge),
    }
}

fn judge(requests: &[AppRequest<'_>]) -> Evidence {
    let mut evidence = Evidence::default();
    for request in requests {
        if let Some(intent) = request.intent.filter(|intent| intent.login != Login::Valid) {
            judge_one(request, intent, &mut evidence);
        }
    }
    // A backend that never hands out a credential proves nothing by refusing these requests.
    if !requests.iter().any(is_served) {
        evidence.exercised = 0;
    }
    evidence
}

/// Whether an app with a valid login got a credential.
fn is_served(request: &AppRequest<'_>) -> bool {
    request.intent.is_some_and(|intent| intent.login == Login::Valid) && !credentials(request.exchange).is_empty()
}

fn judge_one(request: &AppRequest<'_>, intent: &AppIntent, evidence: &mut Evidence) {
    let answered = request.exchange.delivered().map(|(seq, _)| seq);
    evidence.exercised += u64::from(intent.call == "credential" && answered.is_some());
    let asked = request.calls.iter().find(|call| call.command() == Some(CommandName::IssueCredential));
    let handed = credentials(request.exchange).first().copied();
    let what = match (handed, asked) {
        (Some(credential), _) => format!("was handed {credential}"),
        (None, Some(_)) => "made the client backend ask the vendor for a credential".to_owned(),
        (None, None) => return,
    };
    let message = format!("{} {} {what}", words::app(Some(intent)), shown(intent.login));
    let events = [Some(request.exchange.opened), asked.map(|call| call.opened), answered.filter(|_| handed.is_some())];
    evidence.findings.push(Finding::new(message, events.into_iter().flatten()));
}

fn shown(login: Login) -> &'static str {
    match login {
        Login::Valid => "with a login",
        Login::Absent => "without a login",
        Login::Malformed => "with a malformed login",
        Login::Unknown => "with a login of nobody",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Story, app, failed, handed, issue, issued, login, no_occasion, same_occasion, wish};

    const BAD: [Login; 3] = [Login::Absent, Login::Malformed, Login::Unknown];

    #[test]
    fn a_backend_that_serves_nobody_shows_nothing() {
        let mut story = Story::new();
        let asked = story.send(app(login("alice", Login::Absent)));
        story.answer(asked, failed(404, "no such path"));
        no_occasion(&RULE, &story);
    }

    #[test]
    fn a_backend_that_turns_the_unauthenticated_away_holds() {
        let mut story = Story::new();
        story.hand_out("alice", "a-1", "credential#1");
        for bad in BAD {
            let asked = story.send(app(login("alice", bad)));
            story.answer(asked, failed(401, "log in first"));
        }
        assert_eq!(story.passed(&RULE), 3);
    }

    #[test]
    fn the_same_request_that_gets_a_credential_is_found() {
        let served = || {
            let mut story = Story::new();
            story.hand_out("alice", "a-1", "credential#1");
            story
        };
        let mut right = served();
        let asked = right.send(app(login("alice", Login::Absent)));
        right.answer(asked, failed(401, "log in first"));
        let mut wrong = served();
        wrong.hand_out_to(login("alice", Login::Absent), "a-1", "credential#2");
        same_occasion(&RULE, &right, &wrong);
    }

    #[test]
    fn an_unauthenticated_credential_is_found() {
        let mut story = Story::new();
        story.hand_out_to(login("alice", Login::Malformed), "a-1", "credential#1");
        let message = "alice's app with a malformed login was handed credential#1";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1, 2, 4])]);
    }

    #[test]
    fn an_unauthenticated_credential_from_a_stock_is_found() {
        let mut story = Story::new();
        let asked = story.send(app(login("alice", Login::Unknown)));
        story.answer(asked, handed("credential#1"));
        let message = "alice's app with a login of nobody was handed credential#1";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1, 2])]);
    }

    #[test]
    fn asking_before_checking_the_login_is_found() {
        let mut story = Story::new();
        let asked = story.send(app(login("alice", Login::Absent)));
        story.call(issue("a-1"), issued("credential#1"));
        story.answer(asked, failed(401, "log in first"));
        let message = "alice's app without a login made the client backend ask the vendor for a credential";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![1, 2])]);
    }

    #[test]
    fn a_credential_that_was_got_ahead_for_somebody_else_holds() {
        let mut story = Story::new();
        let unauthenticated = story.send(app(login("alice", Login::Absent)));
        story.call(issue("b-1"), issued("credential#1"));
        story.answer(unauthenticated, failed(401, "log in first"));
        let bob = story.send(app(wish("bob")));
        story.answer(bob, handed("credential#1"));
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn users_with_a_login_put_nothing_to_the_test() {
        let mut story = Story::new();
        story.hand_out("alice", "a-1", "credential#1");
        assert_eq!(story.passed(&RULE), 0);
    }
}
