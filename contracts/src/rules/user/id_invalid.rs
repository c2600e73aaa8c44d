use crate::history::{Event, Leg, Request, Step, Subject, What};
use crate::protocol::{CommandName, Field};
use crate::rules::apps::each_app;
use crate::rules::several::each_subject;
use crate::rules::timelines::InstallTimeline;
use crate::rules::tracker::{AppRequest, Exchange};
use crate::rules::{Context, Evidence, Finding, Joined, Monitor, words};

rule! {
    /// An id that the vendor's contract does not take is refused to the app, and never sent to the vendor.
    ///
    /// ### What is wrong
    /// The client backend sends the vendor an id that is empty, too long, or made of characters that the contract doesn't
    /// allow for ids. Or the app handed its SDK such an id, and it was sent.
    ///
    /// ### Why it matters
    /// The vendor refuses the user, now or with its next release, and nobody told the person while there was a choice. Where
    /// the vendor cuts or cleans such an id, two people may become one.
    ///
    /// ### How it is provoked
    /// New users sign up with ids of all kinds: in other scripts, empty, long, with blanks and signs, like somebody else's.
    /// Then the app of each who was taken asks for everything. Any other call with such an id counts too.
    ///
    /// ### What is right
    /// The app is told at sign-up that the id can't be had; or the vendor gets an id of the backend's own making.
    ///
    /// ### Example
    /// ```text
    /// app -> backend     POST /sign-up {"id": ""}
    /// backend -> app     200 {"login": "login#new-3"}              <- taken
    /// backend -> vendor  POST /auth {"id": ""}                     <- and sent
    /// ```
    {
        name: "user/id-invalid",
        subjects: [ClientBackend, App],
        needs: [],
        precondition: "a new user who was taken and for whom the vendor was called with an id, or one who was refused where others were taken, or an SDK's call with the id that its app handed over",
        on_wire: true,
        monitor: |context| each_subject(context, &[(Subject::ClientBackend, of_backend), (Subject::App, of_app)]),
    }
}

fn of_backend(context: &Context<'_>) -> Box<dyn Monitor> {
    Box::new(Watch::new(context))
}

fn of_app(context: &Context<'_>) -> Box<dyn Monitor> {
    each_app(context, &["create_user"], judge_app)
}

struct Watch {
    evidence: Evidence,
}

impl Watch {
    fn new(context: &Context<'_>) -> Self {
        let not_testable = context.lacks_call("sign_up");
        Self { evidence: Evidence { not_testable, ..Evidence::default() } }
    }

    fn request(&mut self, seq: u64, request: &Request) {
        let malformed = request.step.as_ref().filter(|step| step.is_malformed_in(&Field::ExternalId));
        if let Some(why) = malformed.and_then(|step| step.malformed.as_ref())
            && request.leg == Leg::BackendToVendor
        {
            let called = words::operation(request);
            let message =
                format!("the client backend's call of {called} has an external_id that breaks the contract: {why}");
            self.evidence.findings.push(Finding::new(message, [seq]));
        }
    }
}

impl Monitor for Watch {
    fn observe(&mut self, event: &Event) {
        if let What::Request(request) = &event.event {
            self.request(event.seq, request);
        }
    }

    fn found(&self) -> Option<&[Finding]> {
        Some(&self.evidence.findings)
    }

    fn finish(self: Box<Self>, joined: &Joined<'_>) -> Evidence {
        Evidence { exercised: sign_ups(joined.app_requests()), ..self.evidence }
    }
}

/// The number of sign-ups whose id the backend could have sent to the vendor. A backend that was seen to send nobody's
/// may refuse them for any reason.
fn sign_ups(requests: &[AppRequest<'_>]) -> u64 {
    let answers = requests.iter().filter_map(|request| {
        let intent = request.intent.filter(|intent| intent.call == "sign_up")?;
        let outcome = request.exchange.answer()?.outcome.as_ref()?;
        Some((intent.user.as_str(), outcome.success))
    });
    let (taken, refused): (Vec<_>, Vec<_>) = answers.partition(|(_, success)| *success);
    let sent = taken.iter().filter(|(user, _)| is_sent(requests, user)).count();
    (if sent == 0 { 0 } else { sent + refused.len() }) as u64
}

/// Whether the vendor was called with an id for this user.
fn is_sent(requests: &[AppRequest<'_>], user: &str) -> bool {
    let has_id = |call: &&Exchange| {
        let id = |step: &Step| step.text(&Field::ExternalId).is_some() || step.is_malformed_in(&Field::ExternalId);
        call.request.step.as_ref().is_some_and(id)
    };
    let own = requests.iter().filter(|request| request.intent.is_some_and(|intent| intent.user == user));
    own.flat_map(|request| &request.calls).any(has_id)
}

fn judge_app(timeline: &InstallTimeline<'_>, evidence: &mut Evidence) {
    for create in timeline.calls(CommandName::CreateUser) {
        let Some(step) = &create.request.step else { continue };
        let why = step.malformed.as_ref().filter(|_| step.is_malformed_in(&Field::ExternalId));
        evidence.exercised += u64::from(why.is_some() || step.text(&Field::ExternalId).is_some());
        if let Some(why) = why {
            let message = format!(
                "the app of {} had its user created under an id that breaks the contract: {why}",
                timeline.install
            );
            evidence.findings.push(Finding::new(message, [create.opened]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::AppIntent;
    use crate::rules::testing::{
        Story, app, create, failed, handed, issue, no_occasion, request, response, same_occasion, vendor_call, wish,
    };

    fn signing_up() -> Request {
        app(AppIntent { call: "sign_up".to_owned(), ..wish("new-1") })
    }

    /// A new user who is taken, and whose app makes the backend call the vendor with this.
    fn signed_up(call: Request) -> Story {
        let mut story = Story::new();
        story.call(signing_up(), handed("login#1"));
        let asked = story.send(app(wish("new-1")));
        story.call(call, response(200));
        story.answer(asked, handed("credential#1"));
        story
    }

    #[test]
    fn the_same_user_whose_id_is_sent_as_it_is_is_found() {
        same_occasion(&RULE, &signed_up(issue("n-1")), &signed_up(with_bad_id()));
        same_occasion(&RULE, &sent(vendor_call(CommandName::CreateUser, "/sdk/users", "u1").step), &sent(bad_step()));
    }

    fn with_bad_id() -> Request {
        let mut call = issue("");
        let step = call.step.as_mut().unwrap();
        step.fields.clear();
        step.malformed = Some("`/id`: the value is too short".to_owned());
        step.malformed_field = Some("external_id".to_owned());
        call
    }

    #[test]
    fn a_sign_up_that_is_refused_holds() {
        let mut story = Story::new();
        story.call(signing_up(), failed(422, "not this one"));
        no_occasion(&RULE, &story);
        let mut others = signed_up(issue("n-1"));
        others.call(signing_up(), failed(422, "not this one"));
        assert_eq!(others.passed(&RULE), 2, "a backend that takes others and sends them means its refusal");
    }

    #[test]
    fn a_user_who_is_taken_and_never_sent_shows_nothing() {
        let mut story = Story::new();
        story.call(signing_up(), handed("login#1"));
        no_occasion(&RULE, &story);
    }

    #[test]
    fn a_bad_id_that_is_sent_is_found() {
        let mut story = Story::new();
        story.call(signing_up(), handed("login#1"));
        story.send(with_bad_id());
        let message = "the client backend's call of issue_credential has an external_id that breaks the contract: \
                       `/id`: the value is too short";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![3])]);
    }

    #[test]
    fn what_is_malformed_elsewhere_or_sent_by_the_sdk_is_another_affair() {
        let mut story = Story::new();
        story.call(signing_up(), handed("login#1"));
        let mut other = with_bad_id();
        other.step.as_mut().unwrap().malformed_field = None;
        story.send(other);
        story.send(Request { step: with_bad_id().step, ..request(Leg::SdkToVendor, "/sdk/users") });
        no_occasion(&RULE, &story);
    }

    fn bad_step() -> Option<Step> {
        with_bad_id().step.map(|step| Step { command: CommandName::CreateUser, ..step })
    }

    fn sent(step: Option<Step>) -> Story {
        let mut story = Story::of_app(&["create_user"]);
        story.send(Request { step, ..create("phone", "credential#1") });
        story
    }

    #[test]
    fn an_app_whose_id_the_contract_takes_holds_and_one_whose_id_it_does_not_is_found() {
        let good = vendor_call(CommandName::CreateUser, "/sdk/users", "u1").step;
        assert_eq!(sent(good).passed(&RULE), 1);
        let bad = bad_step();
        let message = "the app of phone had its user created under an id that breaks the contract: \
                       `/id`: the value is too short";
        assert_eq!(sent(bad).findings(&RULE), [(message.to_owned(), vec![1])]);
    }

    #[test]
    fn an_app_that_hands_over_a_credential_sends_no_id() {
        assert_eq!(sent(create("phone", "credential#1").step).passed(&RULE), 0);
    }

    #[test]
    fn a_sign_up_without_an_answer_shows_nothing() {
        let mut story = Story::new();
        story.send(signing_up());
        assert_eq!(story.passed(&RULE), 0);
    }

    #[test]
    fn where_nobody_can_sign_up_it_is_not_testable_unless_it_is_seen() {
        let mut story = Story::of(&["call:credential"]);
        let reason = "the configuration gives no [calls.sign_up]";
        assert_eq!(story.evidence(&RULE).not_testable.as_deref(), Some(reason));
        story.send(with_bad_id());
        assert_eq!(story.evidence(&RULE).findings.len(), 1);
    }
}
