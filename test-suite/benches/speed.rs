//! Benchmarks of the basic parts: codec, engine, redaction, judge, reader, and whole cases.
//! `cargo bench -p standin-test-suite --bench speed`; `-- judge` for one of them. `benches/instructions` counts
//! instructions.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput};
use standin_contracts::codec::ClientKeys;
use standin_contracts::contract::{Contract, Secrets, WireRequest, builtin};
use standin_contracts::history::{Event, Header, Redactor, read, write_event, write_header};
use standin_contracts::protocol::{CommandName, Field, FieldValue, Fields, Reply, ReplyName, Timestamp};
use standin_contracts::requirements::{self, Requirements};
use standin_contracts::rules::judge;
use standin_mock_server::engine::Policy;
use standin_mock_server::sandbox::{CLIENT_KEY, SERVER_KEY};
use standin_mock_server::{Engine, KeyRing};
use standin_test_suite::reference_sdk::ConformingSdk;
use standin_test_suite::sdk::cases::{SdkCaseRunner, quiet_runtime};

const VENDOR: &str = "sentiance";
const NOW: Timestamp = Timestamp::from_millis(1_767_600_000_000);

fn contract() -> Arc<Contract> {
    Arc::new(builtin(VENDOR).unwrap().unwrap())
}

fn requirements() -> Arc<Requirements> {
    Arc::new(requirements::builtin(VENDOR).unwrap())
}

/// A batch of ten items, as an SDK sends it.
fn batch(contract: &Contract) -> WireRequest {
    let item = |number: usize| {
        Fields::new()
            .with(Field::ItemId, format!("item-{number}"))
            .with(Field::ItemCategory, "trip")
            .with(Field::ItemRecordedAt, NOW)
    };
    let items = FieldValue::List((0..10).map(item).collect());
    let fields = Fields::new().with(Field::BatchId, "batch-1").with(Field::Items, items);
    let keys = ClientKeys { session: Some("session".to_owned()), ..ClientKeys::default() };
    contract.encode_request(CommandName::SubmitBatch, &fields, &keys, &Secrets::default(), NOW).unwrap().1
}

/// A benchmark, ready to run repeatedly.
struct Part {
    /// The amount of work in one run.
    much: Throughput,
    run: Box<dyn FnMut()>,
}

impl Part {
    fn new<T>(much: Throughput, mut run: impl FnMut() -> T + 'static) -> Self {
        Self { much, run: Box::new(move || drop(black_box(run()))) }
    }
}

type Make = fn() -> Part;

const PARTS: &[(&str, Make)] = &[
    ("codec/decode", decode),
    ("codec/encode", encode),
    ("engine/issue", issue),
    ("redaction/batch", redact),
    ("judge/case", judge_case),
    ("reader/case", read_sdk_case),
    ("case/generate", generate),
    ("case/play-and-judge", play),
];

/// Decodes a batch of ten items.
fn decode() -> Part {
    let (contract, secrets) = (contract(), Secrets::default());
    let wire = batch(&contract);
    let place = contract.operations.iter().position(|one| one.command == CommandName::SubmitBatch).unwrap();
    Part::new(Throughput::Elements(1), move || {
        contract.decode_request(&contract.operations[place], &[], black_box(&wire), None, &secrets)
    })
}

fn encode() -> Part {
    let contract = contract();
    let place = contract.operations.iter().position(|one| one.command == CommandName::SubmitBatch).unwrap();
    let reply = Reply::new(ReplyName::BatchAccepted).with(Field::BatchId, "batch-1");
    Part::new(Throughput::Elements(1), move || contract.encode_reply(&contract.operations[place], black_box(&reply)))
}

/// Has the engine issue a credential. A new engine takes over at intervals, since each keeps what it issued.
fn issue() -> Part {
    const LONG: u32 = 1000;
    let (contract, secrets) = (contract(), Secrets::default());
    let operation = contract.operations.iter().find(|one| one.command == CommandName::IssueCredential).unwrap();
    let keys = ClientKeys { server: Some(SERVER_KEY.to_owned()), ..ClientKeys::default() };
    let fields = Fields::new().with(Field::ExternalId, "alice");
    let wire = contract.encode_request(CommandName::IssueCredential, &fields, &keys, &secrets, NOW).unwrap().1;
    let call = contract.decode_request(operation, &[], &wire, None, &secrets);
    let ring = KeyRing::of(SERVER_KEY, CLIENT_KEY);
    let (mut engine, mut issued) = (Engine::new(Policy::from(&*contract), 1), 0);
    Part::new(Throughput::Elements(1), move || {
        issued += 1;
        if issued % LONG == 0 {
            engine = Engine::new(Policy::from(&*contract), 1);
        }
        let mint = |random, fields: &Fields| contract.mint(random, fields, &secrets);
        engine.apply(NOW, &ring, black_box(&call), &mint)
    })
}

/// Redacts a batch of ten items, with fifty known secrets.
fn redact() -> Part {
    let mut redactor = Redactor::new();
    for number in 0..50 {
        redactor.know(&format!("secret-value-{number:04}"), &format!("key#{number}"));
    }
    let body = batch(&contract()).body;
    Part::new(Throughput::Bytes(body.len() as u64), move || redactor.body(body.clone(), &mut Vec::new()))
}

/// The history of a case of five hundred steps.
fn history() -> (Header, Vec<Arc<Event>>) {
    let folder = tempfile::tempdir().unwrap();
    let runner = SdkCaseRunner::of_reference(contract(), requirements(), Arc::new(ConformingSdk), 1);
    let runner = runner.keeping(Some(folder.path().to_owned()));
    let runtime = quiet_runtime().unwrap();
    let case = runtime.block_on(runner.config()).unwrap().case(1, 1, 500).unwrap();
    let seen = runtime.block_on(runner.play(&case)).unwrap();
    let bytes = std::fs::read(folder.path().join("default.jsonl")).unwrap();
    (read(&bytes).unwrap().header, seen.events)
}

fn judge_case() -> Part {
    let (header, events) = history();
    let (commands, requirements) = (contract().commands(), requirements());
    Part::new(Throughput::Elements(events.len() as u64), move || {
        judge(&header, events.iter().map(Arc::as_ref), &commands, &requirements, None)
    })
}

fn read_sdk_case() -> Part {
    let (header, events) = history();
    let mut bytes = write_header(&header);
    for event in &events {
        bytes.extend(write_event(event));
    }
    Part::new(Throughput::Bytes(bytes.len() as u64), move || read(black_box(&bytes)))
}

/// Generates a case of fifty steps.
fn generate() -> Part {
    let runner = SdkCaseRunner::of_reference(contract(), requirements(), Arc::new(ConformingSdk), 1);
    let config = quiet_runtime().unwrap().block_on(runner.config()).unwrap();
    Part::new(Throughput::Elements(50), move || config.case(1, black_box(7), 50))
}

/// Plays a case, and judges the result.
fn play() -> Part {
    let runner = SdkCaseRunner::of_reference(contract(), requirements(), Arc::new(ConformingSdk), 1);
    let runtime = quiet_runtime().unwrap();
    let case = runtime.block_on(runner.config()).unwrap().case(1, 7, 50).unwrap();
    Part::new(Throughput::Elements(50), move || runtime.block_on(runner.play(&case)))
}

/// Times every benchmark that is asked for.
fn time() {
    let mut criterion = Criterion::default().configure_from_args();
    for (name, part) in PARTS {
        let (group, own) = name.split_once('/').unwrap();
        let mut group = criterion.benchmark_group(group);
        let Part { much, mut run } = part();
        group.throughput(much).bench_function(own, |runner| runner.iter(&mut run));
        group.finish();
    }
    criterion.final_summary();
}

/// With `--count PART TIMES` a benchmark runs that many times, without timing.
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [flag, name, times] = &arguments[..] else { return time() };
    if flag != "--count" {
        return time();
    }
    let (_, part) = PARTS.iter().find(|(known, _)| known == name).unwrap();
    let mut part = part();
    (0..times.parse::<u64>().unwrap()).for_each(|_| (part.run)());
}
