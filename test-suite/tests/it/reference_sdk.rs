//! The reference SDK against the real mock, over HTTP, for every vendor.

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_contracts::codec::ClientKeys;
use standin_contracts::contract::{Contract, Secrets, WireResponse};
use standin_contracts::history::{Request, What};
use standin_contracts::protocol::{CommandName, Field, Fields, Millis, ReplyName, Timestamp};
use standin_mock_server::clock::ClockStart;
use standin_mock_server::fault::{BlackHole, ResetAfterCommit, Status};
use standin_mock_server::sandbox::{CLIENT_KEY, SERVER_KEY};
use standin_mock_server::{Fault, FaultSpec, MockConfig, MockServer, When};
use standin_test_suite::adapter::{Adapter, CommandResult, Device, Install, Retry, SdkCommand, Setup, Storage};
use standin_test_suite::reference_sdk::{ConformingSdk, ReferenceSdk};

use crate::support::{VENDORS, contract};

const BEGIN: Timestamp = Timestamp::from_millis(1_795_000_000_000);

/// A vendor, and an SDK for it.
struct SdkFixture {
    contract: Arc<Contract>,
    server: MockServer,
    sdk: ReferenceSdk,
}

impl SdkFixture {
    async fn new(vendor: &str) -> Self {
        let contract = contract(vendor);
        let config = MockConfig { clock: ClockStart::At(BEGIN), ..MockConfig::new(vec![contract.clone()]) };
        let server = MockServer::start(config).await.expect("a server");
        let sdk = ReferenceSdk::new(contract.clone(), Arc::new(ConformingSdk), 1).beside(server.sandbox());
        Self { contract, server, sdk }
    }

    async fn install(&self, label: &str, device: &str, storage: Storage) -> Box<dyn Install> {
        let setup = Setup {
            install: label.to_owned(),
            vendor: self.contract.vendor.clone(),
            base_url: self.server.install_url(label, &self.contract.vendor),
            backend_url: None,
            client_key: CLIENT_KEY.to_owned(),
            app_id: "app-1".to_owned(),
            sdk_secret: Secrets::default().sdk_constant,
            device: Device { id: device.to_owned(), kind: "phone".to_owned(), platform: "android".to_owned() },
            storage,
            now: self.server.sandbox().now(),
            retry: Some(Retry { base_ms: 1000, cap_ms: 60_000 }),
            ca: None,
        };
        let install = self.sdk.install(setup).await.expect("an install");
        assert_eq!(run(&*install, SdkCommand::Launch {}).await, CommandResult::done());
        install
    }

    async fn phone(&self) -> Box<dyn Install> {
        self.install("phone", "device-1", Storage::New).await
    }

    /// Signs the user in, with the arguments that an app gives.
    async fn sign_in(&self, install: &dyn Install) -> CommandResult {
        let user_id = Some("user1".to_owned());
        let issues = self.contract.has(CommandName::IssueCredential);
        let credential = if issues { Some(self.credential().await) } else { None };
        run(install, SdkCommand::CreateUser { credential, user_id }).await
    }

    async fn credential(&self) -> String {
        let mut fields = Fields::new().with(Field::ExternalId, "user1").with(Field::PersonalEmail, "user1@example.org");
        fields.set(Field::PersonalName, "User One");
        if self.contract.has(CommandName::RegisterUser) {
            let registered = self.ask(CommandName::RegisterUser, &fields).await;
            fields.set(Field::UserId, registered.text(&Field::UserId).expect("an id"));
        }
        let issued = self.ask(CommandName::IssueCredential, &fields).await;
        issued.text(&Field::Credential).expect("a credential").to_owned()
    }

    async fn ask(&self, command: CommandName, fields: &Fields) -> Fields {
        let keys = ClientKeys { server: Some(SERVER_KEY.to_owned()), ..ClientKeys::default() };
        let encoded = self.contract.encode_request(command, fields, &keys, &Secrets::default(), BEGIN);
        let (operation, wire) = encoded.expect("a request");
        let url = format!("{}{}", self.server.vendor_url(&self.contract.vendor), wire.target);
        let mut request = reqwest::Client::new().request(wire.method.parse().expect("a method"), url).body(wire.body);
        for (name, value) in &wire.headers {
            request = request.header(name, value);
        }
        let response = request.send().await.expect("an answer");
        let text = |value: &reqwest::header::HeaderValue| value.to_str().expect("text").to_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let status = response.status().as_u16();
        let body = response.bytes().await.expect("a body").to_vec();
        let heard = self.contract.decode_reply(operation, &WireResponse { status, headers, body });
        heard.expect("words").fields
    }

    /// Lets time pass for the vendor and an install, in steps that skip no timer.
    async fn pass(&self, install: &dyn Install, by: Millis) {
        let end = self.server.sandbox().now().after(by);
        let mut next = next_timer(&run(install, SdkCommand::Advance { by_ms: 0 }).await);
        loop {
            let left = end.since(self.server.sandbox().now());
            let step = next.map_or(left, |next| next.min(left));
            self.server.sandbox().advance(step);
            next = next_timer(&run(install, SdkCommand::Advance { by_ms: step.get() }).await);
            if step == left {
                return;
            }
        }
    }

    /// The requests of an install with the vendor's replies, or with the fault that answered.
    fn said(&self, label: &str) -> Vec<(CommandName, String)> {
        let events = self.server.sandbox().history_after(0, usize::MAX);
        let answer = |exchange: u64| {
            events.iter().find_map(|event| match &event.event {
                What::Response(response) if response.exchange == exchange => {
                    Some(response.reply.map_or("fault".to_owned(), |reply| reply.to_string()))
                }
                _ => None,
            })
        };
        let requests = events.iter().filter_map(|event| match &event.event {
            What::Request(request) if request.install.as_deref() == Some(label) => Some(request),
            _ => None,
        });
        requests.map(|request| (self.command(request), answer(request.exchange).unwrap_or_default())).collect()
    }

    fn command(&self, request: &Request) -> CommandName {
        let operation = request.operation.as_deref().and_then(|id| self.contract.operation(id));
        operation.unwrap_or_else(|| panic!("no operation: {request:?}")).command
    }

    /// The replies that an install got to one command.
    fn answers(&self, label: &str, command: CommandName) -> Vec<String> {
        self.said(label).into_iter().filter(|(asked, _)| *asked == command).map(|(_, answer)| answer).collect()
    }

    fn fault(&self, fault: Fault, command: CommandName, times: u64) {
        let spec = FaultSpec::new(fault).on(command.as_str()).when(When::Next(times));
        self.server.sandbox().set_fault(spec).expect("a fault");
    }
}

async fn run(install: &dyn Install, command: SdkCommand) -> CommandResult {
    install.run(command).await.expect("an outcome")
}

async fn record(install: &dyn Install, id: &str) {
    let result = run(install, SdkCommand::Record { id: id.to_owned(), category: "location".to_owned() }).await;
    let CommandResult::Done { value, .. } = result else { panic!("{result:?}") };
    assert_eq!(value["accepted"], true);
}

/// Syncs at once, as far as that takes no time.
async fn sync(install: &dyn Install) {
    assert_eq!(run(install, SdkCommand::SyncNow {}).await, CommandResult::done());
    run(install, SdkCommand::Quiesce {}).await;
}

fn next_timer(result: &CommandResult) -> Option<Millis> {
    let CommandResult::Done { value, .. } = result else { panic!("{result:?}") };
    value.get("next_timer_ms").map(|millis| Millis::new(millis.as_u64().expect("a number")))
}

fn is_done(result: &CommandResult) -> bool {
    matches!(result, CommandResult::Done { .. })
}

fn failed(reason: &str) -> CommandResult {
    CommandResult::failed(reason)
}

fn words(replies: &[ReplyName]) -> Vec<String> {
    replies.iter().map(ToString::to_string).collect()
}

const SUBMIT: CommandName = CommandName::SubmitBatch;
const CREATE: CommandName = CommandName::CreateUser;

#[tokio::test(flavor = "multi_thread")]
async fn it_signs_in_submits_what_it_recorded_and_leaves() {
    for vendor in VENDORS {
        let fixture = SdkFixture::new(vendor).await;
        let phone = fixture.phone().await;
        assert!(is_done(&fixture.sign_in(&*phone).await), "{vendor}");
        record(&*phone, "item-1").await;
        run(&*phone, SdkCommand::Grant { permissions: BTreeMap::from([("location".to_owned(), true)]) }).await;
        assert_eq!(run(&*phone, SdkCommand::StartSync {}).await, CommandResult::done(), "{vendor}");
        run(&*phone, SdkCommand::Quiesce {}).await;
        assert_eq!(run(&*phone, SdkCommand::Reset {}).await, CommandResult::done(), "{vendor}");
        fixture.pass(&*phone, Millis::from_secs(7 * 86_400)).await;
        let said = fixture.said("phone");
        let is_refusal = |reply: &String| reply.parse::<ReplyName>().is_ok_and(ReplyName::is_refusal);
        assert!(!said.iter().any(|(_, reply)| is_refusal(reply)), "{vendor}: {said:?}");
        assert_eq!(said[0], (CREATE, "user_created".to_owned()), "{vendor}");
        assert_eq!(fixture.answers("phone", SUBMIT), words(&[ReplyName::BatchAccepted]), "{vendor}");
        for once in [CommandName::ReportPermissions, CommandName::EndSession] {
            let asked = fixture.answers("phone", once).len();
            assert_eq!(asked, usize::from(fixture.contract.has(once)), "{vendor}: {once}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_starts_again_goes_on_with_what_was_stored() {
    for vendor in VENDORS {
        let fixture = SdkFixture::new(vendor).await;
        let phone = fixture.phone().await;
        fixture.sign_in(&*phone).await;
        record(&*phone, "item-1").await;
        run(&*phone, SdkCommand::Kill {}).await;
        let again = fixture.install("again", "device-1", Storage::Same { of: "phone".to_owned() }).await;
        sync(&*again).await;
        assert_eq!(fixture.said("again"), [(SUBMIT, "batch_accepted".to_owned())], "{vendor}");
        let copy = fixture.install("copy", "device-2", Storage::Clone { of: "again".to_owned() }).await;
        assert_eq!(run(&*copy, SdkCommand::SyncNow {}).await, failed("no_user"), "{vendor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_over_is_renewed_once() {
    for vendor in VENDORS {
        let fixture = SdkFixture::new(vendor).await;
        let phone = fixture.phone().await;
        fixture.sign_in(&*phone).await;
        fixture.pass(&*phone, Millis::from_secs(8 * 86_400)).await;
        record(&*phone, "item-1").await;
        sync(&*phone).await;
        let submits = words(&[ReplyName::SessionExpired, ReplyName::BatchAccepted]);
        assert_eq!(fixture.answers("phone", SUBMIT), submits, "{vendor}");
        let renewed = words(&[ReplyName::SessionRefreshed]);
        assert_eq!(fixture.answers("phone", CommandName::RefreshSession), renewed, "{vendor}");
        assert_eq!(fixture.answers("phone", CREATE).len(), 1, "{vendor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_gets_through_a_vendor_that_is_down_for_a_while() {
    for vendor in VENDORS {
        let fixture = SdkFixture::new(vendor).await;
        let phone = fixture.phone().await;
        fixture.sign_in(&*phone).await;
        fixture.fault(Fault::Status(Status::plain(503)), SUBMIT, 6);
        record(&*phone, "item-1").await;
        sync(&*phone).await;
        fixture.pass(&*phone, Millis::from_secs(600)).await;
        let answers = fixture.answers("phone", SUBMIT);
        assert_eq!((answers.len(), answers[6].as_str()), (7, "batch_accepted"), "{vendor}: {answers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_submitted_again_after_a_lost_answer_is_known_again() {
    for vendor in VENDORS {
        let fixture = SdkFixture::new(vendor).await;
        let phone = fixture.phone().await;
        fixture.sign_in(&*phone).await;
        fixture.fault(Fault::ResetAfterCommit(ResetAfterCommit {}), SUBMIT, 1);
        record(&*phone, "item-1").await;
        sync(&*phone).await;
        fixture.pass(&*phone, Millis::from_secs(60)).await;
        let answers = words(&[ReplyName::BatchAccepted, ReplyName::BatchAlreadyAccepted]);
        assert_eq!(fixture.answers("phone", SUBMIT), answers, "{vendor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_whose_answer_was_lost_is_reported_and_restored_when_the_app_asks_again() {
    for vendor in VENDORS {
        let fixture = SdkFixture::new(vendor).await;
        let phone = fixture.phone().await;
        fixture.fault(Fault::ResetAfterCommit(ResetAfterCommit {}), CREATE, 1);
        assert_eq!(fixture.sign_in(&*phone).await, failed("no_answer"), "{vendor}");
        fixture.pass(&*phone, Millis::from_secs(600)).await;
        assert_eq!(fixture.answers("phone", CREATE).len(), 1, "{vendor}: it asks for nothing by itself");
        assert!(is_done(&fixture.sign_in(&*phone).await), "{vendor}");
        let answers = words(&[ReplyName::UserCreated, ReplyName::UserRestored]);
        assert_eq!(fixture.answers("phone", CREATE), answers, "{vendor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_never_answers_is_given_up_after_half_a_minute() {
    for vendor in VENDORS {
        let fixture = SdkFixture::new(vendor).await;
        let phone = fixture.phone().await;
        fixture.sign_in(&*phone).await;
        fixture.fault(Fault::BlackHole(BlackHole {}), SUBMIT, 1);
        record(&*phone, "item-1").await;
        sync(&*phone).await;
        fixture.pass(&*phone, Millis::new(29_999)).await;
        assert_eq!(fixture.answers("phone", SUBMIT).len(), 1, "{vendor}");
        fixture.pass(&*phone, Millis::from_secs(60)).await;
        let answers = fixture.answers("phone", SUBMIT);
        assert_eq!(answers.last().map(String::as_str), Some("batch_accepted"), "{vendor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_install_that_lost_its_place_to_another_is_silent() {
    let fixture = SdkFixture::new("sentiance").await;
    let (phone, other) = (fixture.phone().await, fixture.install("other", "device-2", Storage::New).await);
    fixture.sign_in(&*phone).await;
    record(&*phone, "item-1").await;
    fixture.sign_in(&*other).await;
    sync(&*phone).await;
    fixture.pass(&*phone, Millis::from_secs(86_400)).await;
    assert_eq!(run(&*phone, SdkCommand::SyncNow {}).await, failed("no_user"));
    assert_eq!(fixture.answers("phone", SUBMIT), words(&[ReplyName::InstallDeactivated]));
    assert_eq!(fixture.said("phone").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_erased_when_the_app_says_so() {
    for vendor in ["sentiance", "finbox"] {
        let fixture = SdkFixture::new(vendor).await;
        let phone = fixture.phone().await;
        fixture.sign_in(&*phone).await;
        assert_eq!(run(&*phone, SdkCommand::Forget {}).await, CommandResult::done(), "{vendor}");
        let erased = words(&[ReplyName::UserErased]);
        assert_eq!(fixture.answers("phone", CommandName::EraseUser), erased, "{vendor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn users_asked_for_at_once_are_asked_for_once() {
    for vendor in VENDORS {
        let fixture = SdkFixture::new(vendor).await;
        let phone = fixture.phone().await;
        let all = futures::future::join_all((0..8).map(|_| fixture.sign_in(&*phone))).await;
        let created = fixture.answers("phone", CREATE);
        let done = all.iter().filter(|result| is_done(result)).count();
        assert!(done >= 1, "{vendor}: {all:?}");
        // A second creation is answered by the existing user, or signs in again where the vendor works that way.
        let late = created.iter().filter(|reply| *reply != "user_created").all(|reply| reply == "user_restored");
        assert!(late, "{vendor}: {created:?}");
    }
}
