use std::collections::{BTreeMap, BTreeSet};

use crate::history::{Leg, Login, Subject};
use crate::protocol::{CommandName, Field, ReplyName, SdkCommandName};
use crate::rules::orders::in_every_order;
use crate::rules::people::sightings;
use crate::rules::timelines::InstallTimeline;
use crate::rules::tracker::{AppRequest, Exchange};
use crate::rules::{Context, Evidence, Finding, Joined, Monitor};

rule! {
    /// Whoever comes back is the same user at the vendor, unless the app asked for the user's erasure between.
    ///
    /// ### What is wrong
    /// The client backend has a user erased at the vendor that nobody asked to erase, and makes the user anew under the same
    /// id: to get around a refusal, to start afresh on a new phone, or because it took one user for another. Or an SDK has a
    /// user erased that its app only signed out, and the same user becomes another one at the next sign-in.
    ///
    /// ### Why it matters
    /// All that the vendor knew of the person is gone, and the person never wanted that. Nothing brings it back.
    ///
    /// ### How it is provoked
    /// Users sign in again, on a second device, after a reinstall and after a restart of the backend; one asks to be erased
    /// where the app can. The vendor's answers tell which of its users stands for which id of the client, or came of which
    /// user's sign-in. An id that changes is the affair of `user/id-unstable`, and one that several users share that of
    /// `user/id-shared`.
    ///
    /// ### What is right
    /// A user who is known already is used as it is. Only the request of a user's own app has that user erased.
    ///
    /// ### Example
    /// ```text
    /// backend -> vendor  POST /users {"id": "a-1"}          vendor -> backend  200 {"user": "5a18"}
    /// backend -> vendor  DELETE /users/5a18                 <- alice's app had only signed in
    /// backend -> vendor  POST /users {"id": "a-1"}          vendor -> backend  200 {"user": "9c07"}
    /// ```
    {
        name: "user/not-restored",
        subjects: [ClientBackend, Sdk],
        needs: [EraseUser],
        precondition: "a second answer of the vendor with its user for one id of the client, which stands for one person, or for one user of an SDK's app, where nobody had asked for an erasure between",
        blind_without: [("sdk:reset", "after a reset")],
        monitor: |context| Box::new(Watch::new(context)),
    }
}

struct Watch {
    subjects: Vec<Subject>,
    not_testable: Option<String>,
}

impl Watch {
    fn new(context: &Context<'_>) -> Self {
        let of_sdk = context.subjects.contains(&Subject::Sdk);
        let not_testable = if of_sdk { context.lacks_commands(&[]) } else { context.lacks_app() };
        Self { subjects: context.subjects.to_vec(), not_testable }
    }

    fn of_backend(joined: &Joined<'_>, evidence: &mut Evidence) {
        let requests = joined.app_requests();
        let people = people(requests);
        let (known, erasures, lost) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let mut known_users = KnownUsers { people, requests, known, erasures, lost };
        for exchange in joined.exchanges() {
            known_users.take(exchange, evidence);
        }
        if !joined.exchanges().iter().any(|exchange| is_erasure_by_backend(exchange)) {
            evidence.not_seen.push("after an erasure".to_owned());
        }
    }
}

impl Monitor for Watch {
    fn finish(self: Box<Self>, joined: &Joined<'_>) -> Evidence {
        let mut evidence = Evidence::default();
        if self.subjects.contains(&Subject::ClientBackend) {
            Self::of_backend(joined, &mut evidence);
        }
        if self.subjects.contains(&Subject::Sdk) {
            let own = in_every_order(joined, |joined| of_sdks(joined.timelines()));
            evidence.exercised += own.exercised;
            evidence.findings.extend(own.findings);
            evidence.undecided = own.undecided;
        }
        Evidence { not_testable: self.not_testable, ..evidence }
    }
}

/// Whether the client backend had a user erased. One that never did may be unable to, or may have lacked an occasion.
fn is_erasure_by_backend(exchange: &Exchange) -> bool {
    let reply = exchange.delivered().and_then(|(_, answer)| answer.reply);
    exchange.request.leg == Leg::BackendToVendor && reply == Some(ReplyName::UserErased)
}

/// A sign-in that an SDK's app asked for: the app's user, the vendor's user, and the place of the answer.
struct SignIn<'l> {
    timeline: &'l InstallTimeline<'l>,
    person: &'l str,
    user: &'l str,
    heard: u64,
}

/// Judges the sign-ins of each person on any install, and the erasures between them that no app had asked for.
fn of_sdks(timelines: &[InstallTimeline<'_>]) -> Evidence {
    let mut evidence = Evidence::default();
    let mut all: Vec<SignIn<'_>> = timelines.iter().flat_map(sign_ins).collect();
    all.sort_by_key(|one| one.heard);
    let mut known: BTreeMap<&str, SignIn<'_>> = BTreeMap::new();
    for now in all {
        if let Some(before) = known.get(now.person) {
            let is_asked = before.timeline.was_told(&[SdkCommandName::Forget], before.heard, now.heard);
            evidence.exercised += u64::from(!is_asked);
            if before.user != now.user {
                evidence.findings.extend(timelines.iter().find_map(|timeline| erased_unasked(timeline, before, &now)));
            }
        }
        known.insert(now.person, now);
    }
    evidence
}

fn sign_ins<'l>(timeline: &'l InstallTimeline<'l>) -> Vec<SignIn<'l>> {
    let sign_in = |create: &'l Exchange| {
        let (heard, answer) = create.delivered()?;
        let user = answer.text(&Field::UserId).filter(|_| create.heard_done().is_some())?;
        let asked = timeline.command_for(create).filter(|command| command.is_open_at(create.opened))?;
        Some(SignIn { timeline, person: asked.call.user.as_deref()?, user, heard })
    };
    timeline.calls(CommandName::CreateUser).filter_map(sign_in).collect()
}

/// A finding for an erasure between two sign-ins that this install's app had not asked for.
fn erased_unasked(timeline: &InstallTimeline<'_>, before: &SignIn<'_>, now: &SignIn<'_>) -> Option<Finding> {
    let is_between = |one: &&Exchange| before.heard < one.opened && one.opened < now.heard && one.is_done();
    let is_unasked = |one: &&Exchange| {
        !timeline
            .commands(&[SdkCommandName::Forget])
            .any(|command| command.seq < one.opened && (command.seq > before.heard || command.is_open_at(before.heard)))
    };
    let is_whose = |one: &&Exchange| {
        let named = one.answer().and_then(|answer| answer.text(&Field::UserId));
        named.is_none_or(|user| user == before.user)
    };
    let erasure = timeline.calls(CommandName::EraseUser).filter(is_between).filter(is_whose).find(is_unasked)?;
    let (install, person) = (&timeline.install, before.person);
    let message = format!(
        "the SDK of {install} had {person} erased at the vendor, which its app had not asked for, and {person} came back as \
         another user"
    );
    Some(Finding::new(message, [before.heard, erasure.opened, now.heard]))
}

/// The app's users under each id of the client.
type People<'t> = BTreeMap<&'t str, BTreeSet<&'t str>>;

fn people<'t>(requests: &[AppRequest<'t>]) -> People<'t> {
    let mut people = People::new();
    for one in sightings(requests).into_iter().filter(|one| one.id.field == "external_id") {
        people.entry(one.id.text).or_default().insert(one.user);
    }
    people
}

/// The state of the users, as the answers so far show.
struct KnownUsers<'r, 't> {
    people: People<'t>,
    requests: &'r [AppRequest<'t>],
    /// For each id of the client, the vendor's user and the answer that first showed it.
    known: BTreeMap<&'r str, (&'r str, u64)>,
    /// For each erased user of the vendor, the leg and the place of the request to erase.
    erasures: BTreeMap<&'r str, (Leg, u64)>,
    /// The ids of the client for which a finding was reported.
    lost: BTreeSet<&'r str>,
}

impl<'r> KnownUsers<'r, '_> {
    fn take(&mut self, exchange: &'r Exchange, evidence: &mut Evidence) {
        let Some((seq, answer)) = exchange.delivered() else { return };
        let Some(user) = answer.text(&Field::UserId) else { return };
        if answer.reply == Some(ReplyName::UserErased) {
            self.erasures.insert(user, (exchange.request.leg, exchange.opened));
        }
        let Some(id) = answer.text(&Field::ExternalId) else { return };
        match self.known.get(id).copied() {
            Some((same, since)) if same == user => {
                evidence.exercised += u64::from(self.may_convict(id, same, since, seq));
            }
            Some((old, since)) => {
                evidence.exercised += u64::from(self.may_convict(id, old, since, seq));
                // Later changes of a user who was lost once are the same violation.
                let offence = self.offence(id, old, since, seq).filter(|_| self.lost.insert(id));
                evidence.findings.extend(offence);
                self.known.insert(id, (user, seq));
            }
            None => {
                self.known.insert(id, (user, seq));
            }
        }
    }

    /// A finding for another user under an id. `None` if the app itself erased the old one, or asked for the erasure.
    fn offence(&self, id: &str, old: &str, since: u64, seq: u64) -> Option<Finding> {
        let person = self.person(id)?;
        let (leg, erased) = *self.erasures.get(old)?;
        if leg == Leg::SdkToVendor || self.was_asked(person, since, erased) {
            return None;
        }
        let message = format!(
            "the client backend had {person} erased at the vendor, which {person}'s app had not asked for, and {person} came \
             back as another user"
        );
        Some(Finding::new(message, [since, erased, seq]))
    }

    /// Whether an erasure of the user between these places would be found, if the backend had it done.
    fn may_convict(&self, id: &str, user: &str, since: u64, seq: u64) -> bool {
        let by_sdk = self.erasures.get(user).is_some_and(|(leg, _)| *leg == Leg::SdkToVendor);
        self.person(id).is_some_and(|person| !by_sdk && !self.was_asked(person, since, seq))
    }

    /// The one user of the app under an id of the client. `None` if there are several, or none is known.
    fn person(&self, id: &str) -> Option<&str> {
        let people = self.people.get(id)?;
        people.first().copied().filter(|_| people.len() == 1)
    }

    fn was_asked(&self, person: &str, since: u64, erased: u64) -> bool {
        let by_it = |request: &AppRequest<'_>| {
            request
                .intent
                .is_some_and(|intent| intent.call == "erase" && intent.user == person && intent.login == Login::Valid)
        };
        let mut between = self.requests.iter().filter(|request| (since..erased).contains(&request.exchange.opened));
        between.any(by_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{AppIntent, Request, Response, What};
    use crate::rules::testing::{
        Story, answered, app, create, handed, no_occasion, request, response, same_occasion, sdk, signed_in,
        vendor_call, wish,
    };
    use serde_json::json;

    fn answer(reply: ReplyName, user: &str, id: Option<&str>) -> Response {
        let mut answer = Response { reply: Some(reply), ..response(200) };
        answer.fields.insert(Field::UserId.to_string(), user.into());
        answer.fields.extend(id.map(|id| (Field::ExternalId.to_string(), id.into())));
        answer
    }

    /// The app signs in, and the vendor knows its user by this id.
    fn signs_in(story: &mut Story, user: &str, id: &str, vendor_user: &str) {
        let asked = story.send(app(wish(user)));
        let known = answer(ReplyName::UserRegistered, vendor_user, Some(id));
        story.call(vendor_call(CommandName::RegisterUser, "/users", id), known);
        story.answer(asked, handed("credential#1"));
    }

    fn erasure() -> Request {
        let mut call = vendor_call(CommandName::EraseUser, "/users/5a18", "");
        call.step.as_mut().unwrap().fields.clear();
        call
    }

    fn erased() -> Response {
        answer(ReplyName::UserErased, "5a18", None)
    }

    /// This user's app asks, and alice is erased at the vendor.
    fn erases(story: &mut Story, call: &str, user: &str) {
        let asked = story.send(app(AppIntent { call: call.to_owned(), ..wish(user) }));
        story.call(erasure(), erased());
        story.answer(asked, handed("credential#2"));
    }

    #[test]
    fn the_same_user_again_holds() {
        let mut story = Story::new();
        signs_in(&mut story, "alice", "a-1", "5a18");
        story.killed();
        signs_in(&mut story, "alice", "a-1", "5a18");
        signs_in(&mut story, "bob", "b-1", "77aa");
        assert_eq!(story.passed(&RULE), 1);
    }

    #[test]
    fn the_same_return_after_an_erasure_that_nobody_asked_for_is_found() {
        let returned = |story: &mut Story, user: &str| signs_in(story, "alice", "a-1", user);
        let (mut right, mut wrong) = (Story::new(), Story::new());
        returned(&mut right, "5a18");
        no_occasion(&RULE, &right);
        returned(&mut right, "5a18");
        returned(&mut wrong, "5a18");
        erases(&mut wrong, "credential", "alice");
        returned(&mut wrong, "9c07");
        same_occasion(&RULE, &right, &wrong);
        let (mut right, mut wrong) = (Story::of(&["sdk"]), Story::of(&["sdk"]));
        sdk_signs_in(&mut right, "5a18");
        right.told("phone", SdkCommandName::Reset, json!({}));
        sdk_signs_in(&mut right, "5a18");
        sdk_signs_in(&mut wrong, "5a18");
        sdk_erases(&mut wrong, SdkCommandName::Reset);
        sdk_signs_in(&mut wrong, "9c07");
        same_occasion(&RULE, &right, &wrong);
    }

    #[test]
    fn a_user_who_is_erased_unasked_and_made_anew_is_found() {
        let mut story = Story::new();
        signs_in(&mut story, "alice", "a-1", "5a18");
        erases(&mut story, "credential", "alice");
        signs_in(&mut story, "alice", "a-1", "9c07");
        let message = "the client backend had alice erased at the vendor, which alice's app had not asked for, and alice \
                       came back as another user";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![3, 6, 11])]);
    }

    #[test]
    fn a_user_who_is_lost_again_and_again_is_told_of_once() {
        let mut story = Story::new();
        signs_in(&mut story, "alice", "a-1", "5a18");
        for next in ["9c07", "5a18", "9c07"] {
            erases(&mut story, "credential", "alice");
            signs_in(&mut story, "alice", "a-1", next);
        }
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn an_erasure_that_the_app_asked_for_holds() {
        let mut story = Story::new();
        signs_in(&mut story, "alice", "a-1", "5a18");
        erases(&mut story, "erase", "alice");
        signs_in(&mut story, "alice", "a-1", "9c07");
        no_occasion(&RULE, &story);
    }

    #[test]
    fn where_the_backend_erased_nobody_its_erasures_were_not_seen() {
        let mut story = Story::new();
        signs_in(&mut story, "alice", "a-1", "5a18");
        signs_in(&mut story, "alice", "a-1", "5a18");
        assert_eq!(story.evidence(&RULE).not_seen, ["after an erasure"]);
        erases(&mut story, "erase", "alice");
        assert_eq!(story.evidence(&RULE).not_seen, [] as [String; 0]);
    }

    #[test]
    fn an_erasure_that_comes_after_the_answer_to_the_app_holds() {
        let mut story = Story::new();
        signs_in(&mut story, "alice", "a-1", "5a18");
        story.call(app(AppIntent { call: "erase".to_owned(), ..wish("alice") }), response(202));
        story.call(erasure(), erased());
        signs_in(&mut story, "alice", "a-1", "9c07");
        no_occasion(&RULE, &story);
    }

    #[test]
    fn an_erasure_that_another_users_app_asked_for_is_found() {
        let mut story = Story::new();
        signs_in(&mut story, "alice", "a-1", "5a18");
        erases(&mut story, "erase", "bob");
        signs_in(&mut story, "alice", "a-1", "9c07");
        assert_eq!(story.findings(&RULE).len(), 1);
    }

    #[test]
    fn an_id_that_is_shared_is_the_affair_of_another_rule() {
        let mut story = Story::new();
        signs_in(&mut story, "alice", "a-1", "5a18");
        signs_in(&mut story, "bob", "a-1", "5a18");
        erases(&mut story, "erase", "bob");
        signs_in(&mut story, "alice", "a-1", "9c07");
        no_occasion(&RULE, &story);
    }

    #[test]
    fn an_erasure_by_the_sdk_itself_holds() {
        let mut story = Story::new();
        signs_in(&mut story, "alice", "a-1", "5a18");
        story.call(Request { step: erasure().step, ..request(Leg::SdkToVendor, "/users/5a18") }, erased());
        signs_in(&mut story, "alice", "a-1", "9c07");
        no_occasion(&RULE, &story);
    }

    /// An SDK's app has alice signed in, and the vendor knows her by this id.
    fn sdk_signs_in(story: &mut Story, vendor_user: &str) {
        let command = story.call_of("phone", SdkCommandName::CreateUser, json!({}), Some("alice"));
        story.call(create("phone", "credential#1"), signed_in(vendor_user, "session#1"));
        story.returned(command, true);
    }

    /// An SDK's app gives this command, and the SDK has its user erased.
    fn sdk_erases(story: &mut Story, command: SdkCommandName) {
        let call = story.call_of("phone", command, json!({}), None);
        let erasure = sdk("phone", CommandName::EraseUser, Some("session#1"), json!({}));
        story.call(erasure, answered(ReplyName::UserErased, json!({})));
        story.returned(call, true);
    }

    #[test]
    fn an_sdk_that_finds_its_user_again_or_was_told_to_forget_it_holds() {
        let mut story = Story::of(&["sdk"]);
        sdk_signs_in(&mut story, "5a18");
        story.told("phone", SdkCommandName::Reset, json!({}));
        sdk_signs_in(&mut story, "5a18");
        sdk_erases(&mut story, SdkCommandName::Forget);
        sdk_signs_in(&mut story, "9c07");
        assert_eq!(story.passed(&RULE), 1, "what the app had asked for shows nothing");
    }

    #[test]
    fn an_sdk_that_erases_who_only_signs_out_is_found() {
        let mut story = Story::of(&["sdk"]);
        sdk_signs_in(&mut story, "5a18");
        sdk_erases(&mut story, SdkCommandName::Reset);
        sdk_signs_in(&mut story, "9c07");
        let message = "the SDK of phone had alice erased at the vendor, which its app had not asked for, and alice came back \
                       as another user";
        assert_eq!(story.findings(&RULE), [(message.to_owned(), vec![3, 6, 11])]);
    }

    #[test]
    fn an_answer_that_was_never_heard_tells_of_nobody() {
        let mut story = Story::new();
        signs_in(&mut story, "alice", "a-1", "5a18");
        let asked = story.send(app(wish("alice")));
        let call = story.send(vendor_call(CommandName::RegisterUser, "/users", "a-1"));
        story.answer(call, answer(ReplyName::UserRegistered, "5a18", Some("a-1")));
        story.event(What::SendFailed { exchange: call, why: "reset".to_owned(), unreached: false });
        story.answer(asked, handed("credential#1"));
        assert_eq!(story.passed(&RULE), 0);
    }
}
