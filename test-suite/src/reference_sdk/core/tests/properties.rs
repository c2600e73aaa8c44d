//! Invariants for any commands and any vendor answers.
//!
//! Each generated case runs against the core. A record of what an observer can see is kept beside it: accepted items,
//! items that the vendor accepted or refused for good, and answered credentials.

use std::collections::BTreeSet;

use proptest::prelude::*;
use standin_contracts::protocol::Millis;

use super::*;
use crate::reference_sdk::answer_class::AnswerClass;

#[derive(Debug, Clone)]
enum Step {
    Command(SdkCommand),
    /// The process dies without warning and is launched again.
    Die,
    /// The oldest open request is answered, or `None`: it gets no answer.
    VendorAnswer(Option<VendorAnswer>),
    Pass(u64),
}

#[derive(Default)]
struct Observed {
    open: Vec<Request>,
    /// Items that the SDK accepted, and that the vendor has neither accepted nor refused for good, and whose user is
    /// not gone.
    owed: BTreeSet<String>,
    /// Credentials that were sent and not put off.
    spent: BTreeSet<String>,
    batches: BTreeMap<String, Vec<String>>,
}

const REPLIES: &[ReplyName] = &[
    ReplyName::UserCreated,
    ReplyName::UserCreated,
    ReplyName::UserCreated,
    ReplyName::SessionRefreshed,
    ReplyName::BatchAccepted,
    ReplyName::BatchAccepted,
    ReplyName::BatchPartial,
    ReplyName::BatchTooLarge,
    ReplyName::PermissionsNoted,
    ReplyName::CredentialExpired,
    ReplyName::CredentialSpent,
    ReplyName::SessionExpired,
    ReplyName::SessionExpired,
    ReplyName::InstallDeactivated,
    ReplyName::UserWasErased,
    ReplyName::KeyRevoked,
    ReplyName::Malformed,
    ReplyName::Throttled,
    ReplyName::Unavailable,
];

fn command() -> impl Strategy<Value = SdkCommand> {
    let category = prop::sample::select(vec!["a".to_owned(), "b".to_owned()]);
    let text = |from: &'static [&'static str]| prop::sample::select(from).prop_map(|text: &str| text.to_owned());
    prop_oneof![
        1 => Just(SdkCommand::Launch {}),
        4 => text(&["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"])
            .prop_map(|credential| SdkCommand::CreateUser { credential: Some(credential), user_id: None }),
        8 => (0..60u32, category.clone()).prop_map(|(id, category)| SdkCommand::Record { id: format!("i{id}"), category }),
        3 => Just(SdkCommand::StartSync {}),
        1 => Just(SdkCommand::StopSync {}),
        3 => Just(SdkCommand::SyncNow {}),
        1 => (0..100_000u64).prop_map(|seconds| SdkCommand::SetInterval { seconds }),
        1 => Just(SdkCommand::Reset {}),
        1 => Just(SdkCommand::Forget {}),
        2 => any::<bool>().prop_map(|online| SdkCommand::Network { online }),
        1 => any::<i64>().prop_map(|offset_ms| SdkCommand::DeviceClock { offset_ms }),
        2 => (category, any::<bool>())
            .prop_map(|(category, allowed)| SdkCommand::Grant { permissions: BTreeMap::from([(category, allowed)]) }),
    ]
}

fn answer() -> impl Strategy<Value = VendorAnswer> {
    let fields = Fields::new().with(Field::Session, "token").with(Field::UserId, "user-1");
    let worded = prop::sample::select(REPLIES).prop_map(move |reply| VendorAnswer {
        status: reply.usual_status(),
        replies: vec![reply],
        fields: fields.clone(),
        retry_after: None,
    });
    let retry_after = prop_oneof![
        Just(None),
        Just(Some(RetryAfter::Nonsense)),
        any::<u64>().prop_map(|ms| Some(RetryAfter::Date(Millis::new(ms)))),
        (0..100_000u64).prop_map(|seconds| Some(RetryAfter::Seconds(Millis::from_secs(seconds)))),
    ];
    let bare = (100..=599u16, retry_after);
    let bare = bare.prop_map(|(status, retry_after)| VendorAnswer { status, retry_after, ..VendorAnswer::default() });
    prop_oneof![6 => worded, 1 => bare]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => command().prop_map(Step::Command),
        1 => Just(Step::Die),
        8 => prop::option::weighted(0.9, answer()).prop_map(Step::VendorAnswer),
        3 => (0..100_000_000u64).prop_map(Step::Pass),
    ]
}

impl Observed {
    /// Records the requests that were sent, and asserts that each was allowed at this moment.
    fn note_sent(&mut self, harness: &mut CoreHarness, before: &SignInState) {
        self.open.retain(|request| !harness.given_up.contains(&request.number));
        for request in std::mem::take(&mut harness.sent) {
            assert!(harness.core.device().online, "sent while offline: {request:?}");
            match request.command {
                CommandName::CreateUser => self.note_redeemed(&request),
                CommandName::SubmitBatch => self.note_batch(harness, &request),
                CommandName::RefreshSession | CommandName::ReportPermissions => {
                    assert_eq!(harness.sign_in_state(), &SignInState::SignedIn, "{request:?}");
                }
                _ => assert_ne!(before, &SignInState::SignedOut, "{request:?}"),
            }
            self.open.push(request);
        }
    }

    fn note_redeemed(&mut self, request: &Request) {
        let credential = request.fields.text(&Field::Credential).expect("a credential").to_owned();
        assert!(self.spent.insert(credential), "sent again: {request:?}");
    }

    fn note_batch(&mut self, harness: &CoreHarness, request: &Request) {
        assert_eq!(harness.sign_in_state(), &SignInState::SignedIn, "{request:?}");
        let category = request.fields.text(&Field::Category).expect("a category");
        assert_ne!(harness.core.device().permissions.get(category), Some(&false), "{request:?}");
        let held = self.batches.entry(batch_id(request).to_owned()).or_insert_with(|| items(request));
        assert_eq!(held, &items(request), "a batch changed");
    }

    fn note_answered(&mut self, request: &Request, answer: &VendorAnswer) {
        let class = AnswerClass::of(answer);
        if request.command == CommandName::SubmitBatch {
            let one = items(request).len() == 1;
            let settled = matches!(class, AnswerClass::Done | AnswerClass::Hopeless | AnswerClass::KeyRefused);
            if settled || class == AnswerClass::TooLarge && one {
                let ids = items(request);
                self.owed.retain(|id| !ids.contains(id));
            }
        }
        let put_off = [ReplyName::Throttled, ReplyName::Unavailable];
        if answer.replies.iter().any(|reply| put_off.contains(reply)) {
            self.spent.retain(|credential| Some(credential.as_str()) != request.fields.text(&Field::Credential));
        }
    }
}

fn play(steps: Vec<Step>) {
    let mut harness = CoreHarness::launched("sentiance");
    let mut observed = Observed::default();
    for step in steps {
        let before = harness.sign_in_state().clone();
        match step {
            Step::Die => {
                harness = harness.killed();
                observed.open.clear();
            }
            Step::Pass(by) => harness.pass(Millis::new(by)),
            Step::VendorAnswer(answer) => answer_oldest(&mut harness, &mut observed, answer),
            Step::Command(SdkCommand::Record { id, category }) => {
                if harness.record(&id, &category) {
                    observed.owed.insert(id);
                }
            }
            Step::Command(command) => drop(harness.command(command)),
        }
        observed.note_sent(&mut harness, &before);
        // A user who leaves or is erased takes the recorded items along.
        if harness.core.stored().holder.is_none()
            || *harness.sign_in_state() == SignInState::Silent("forgetting".to_owned())
        {
            observed.owed.clear();
        }
        let kept: BTreeSet<String> = harness.stored.items().map(|item| item.id.clone()).collect();
        let lost: Vec<_> = observed.owed.difference(&kept).collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
        assert_eq!(harness.stored, *harness.core.stored(), "something is not stored");
        assert!(harness.wake.is_none_or(|wake| wake > harness.now), "a timer that is over");
    }
}

fn answer_oldest(harness: &mut CoreHarness, observed: &mut Observed, answer: Option<VendorAnswer>) {
    if observed.open.is_empty() {
        return;
    }
    let request = observed.open.remove(0);
    match answer {
        None => harness.lose(&request),
        Some(answer) => {
            observed.note_answered(&request, &answer);
            harness.step(Input::VendorAnswer { number: request.number, answer });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_sent_twice_or_sent_when_it_must_not_be(steps in prop::collection::vec(step(), 0..120)) {
        play(steps);
    }

    #[test]
    fn what_is_stored_reads_back_from_json(steps in prop::collection::vec(command(), 0..40)) {
        let mut harness = CoreHarness::signed_in("sentiance");
        for command in steps {
            harness.command(command);
        }
        let text = serde_json::to_string(harness.core.stored()).expect("text");
        prop_assert_eq!(&serde_json::from_str::<Stored>(&text).expect("a storage"), harness.core.stored());
    }

    #[test]
    fn all_that_was_accepted_is_submitted_once_the_vendor_is_well(steps in prop::collection::vec(step(), 0..80)) {
        let mut harness = CoreHarness::signed_in("sentiance");
        for step in steps {
            if let Step::Command(SdkCommand::Record { id, category }) = step {
                harness.record(&id, &category);
            } else if let Step::VendorAnswer(answer) = step {
                let Some(request) = harness.sent.first().cloned() else { continue };
                harness.sent.remove(0);
                match answer.filter(|answer| AnswerClass::of(answer) == AnswerClass::Passing) {
                    Some(answer) => harness.step(Input::VendorAnswer { number: request.number, answer }),
                    None => harness.lose(&request),
                }
            } else if let Step::Command(SdkCommand::SyncNow {}) = step {
                harness.command(SdkCommand::SyncNow {});
            }
        }
        for _ in 0..400 {
            harness.command(SdkCommand::SyncNow {});
            for request in std::mem::take(&mut harness.sent) {
                harness.reply(&request, request.command.own_replies()[0]);
            }
            if let Some(wake) = harness.wake {
                harness.pass(wake.since(harness.now));
            }
        }
        prop_assert_eq!(harness.core.stored().kept(), 0);
    }
}
