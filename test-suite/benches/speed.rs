//! How fast the parts are that everything rests on: codec, engine, redaction, judge, reader, and whole lives.
//! `cargo bench -p standin-test-suite --bench speed`; `-- judge` for one of them.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use standin_contracts::codec::ClientKeys;
use standin_contracts::contract::{Contract, Secrets, WireRequest, builtin};
use standin_contracts::history::{Event, Header, Redactor, read, write_event, write_header};
use standin_contracts::ledger::{self, Ledger};
use standin_contracts::protocol::{CommandName, Field, FieldValue, Fields, Reply, ReplyName, Timestamp};
use standin_contracts::rules::judge;
use standin_mock_server::engine::Policy;
use standin_mock_server::sandbox::{CLIENT_KEY, SERVER_KEY};
use standin_mock_server::{Engine, KeyRing};
use standin_test_suite::reference_sdk::ConformingSdk;
use standin_test_suite::sdk::lives::{LifeBench, quiet_runtime};

const VENDOR: &str = "sentiance";
const NOW: Timestamp = Timestamp::from_millis(1_767_600_000_000);

fn contract() -> Arc<Contract> {
    Arc::new(builtin(VENDOR).unwrap().unwrap())
}

fn requirements() -> Arc<Ledger> {
    Arc::new(ledger::builtin(VENDOR).unwrap())
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

fn codec(bench: &mut Criterion) {
    let contract = contract();
    let wire = batch(&contract);
    let operation = contract.operations.iter().find(|one| one.command == CommandName::SubmitBatch).unwrap();
    let secrets = Secrets::default();
    bench.bench_function("codec: decode a batch of ten items", |bench| {
        bench.iter(|| contract.decode_request(operation, &[], black_box(&wire), None, &secrets));
    });
    let reply = Reply::new(ReplyName::BatchAccepted).with(Field::BatchId, "batch-1");
    bench.bench_function("codec: encode its answer", |bench| {
        bench.iter(|| contract.encode_reply(operation, black_box(&reply)));
    });
}

fn engine(bench: &mut Criterion) {
    let contract = contract();
    let operation = contract.operations.iter().find(|one| one.command == CommandName::IssueCredential).unwrap();
    let keys = ClientKeys { server: Some(SERVER_KEY.to_owned()), ..ClientKeys::default() };
    let fields = Fields::new().with(Field::ExternalId, "alice");
    let secrets = Secrets::default();
    let wire = contract.encode_request(CommandName::IssueCredential, &fields, &keys, &secrets, NOW).unwrap().1;
    let call = contract.decode_request(operation, &[], &wire, None, &secrets);
    let ring = KeyRing::of(SERVER_KEY, CLIENT_KEY);
    let mint = |random, fields: &Fields| contract.mint(random, fields, &secrets);
    bench.bench_function("engine: issue a credential", |bench| {
        let new = || Engine::new(Policy::from(&*contract), 1);
        bench.iter_batched_ref(new, |engine| engine.apply(NOW, &ring, black_box(&call), &mint), BatchSize::SmallInput);
    });
}

fn redaction(bench: &mut Criterion) {
    let mut redactor = Redactor::new();
    for number in 0..50 {
        redactor.know(&format!("secret-value-{number:04}"), &format!("key#{number}"));
    }
    let body = batch(&contract()).body;
    let mut group = bench.benchmark_group("redaction");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("a batch of ten items, fifty known values", |bench| {
        bench.iter_batched(|| body.clone(), |body| redactor.body(body, &mut Vec::new()), BatchSize::SmallInput);
    });
    group.finish();
}

/// The history of a life of five hundred steps.
fn history() -> (Header, Vec<Arc<Event>>) {
    let folder = tempfile::tempdir().unwrap();
    let bench = LifeBench::of_reference(contract(), requirements(), Arc::new(ConformingSdk), 1);
    let bench = bench.keeping(Some(folder.path().to_owned()));
    let runtime = quiet_runtime().unwrap();
    let life = runtime.block_on(bench.cast()).unwrap().life(1, 1, 500).unwrap();
    let seen = runtime.block_on(bench.play(&life)).unwrap();
    let bytes = std::fs::read(folder.path().join("default.jsonl")).unwrap();
    (read(&bytes).unwrap().header, seen.events)
}

fn judging(bench: &mut Criterion) {
    let (header, events) = history();
    let (commands, ledger) = (contract().commands(), requirements());
    let mut group = bench.benchmark_group("judge");
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("all rules over decoded events", |bench| {
        bench.iter(|| judge(&header, events.iter().map(Arc::as_ref), &commands, &ledger, None));
    });
    group.finish();
}

fn reader(bench: &mut Criterion) {
    let (header, events) = history();
    let mut bytes = write_header(&header);
    for event in &events {
        bytes.extend(write_event(event));
    }
    let mut group = bench.benchmark_group("reader");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("a history of a life", |bench| bench.iter(|| read(black_box(&bytes))));
    group.finish();
}

fn lives(bench: &mut Criterion) {
    let played = LifeBench::of_reference(contract(), requirements(), Arc::new(ConformingSdk), 1);
    let runtime = quiet_runtime().unwrap();
    let cast = runtime.block_on(played.cast()).unwrap();
    let mut group = bench.benchmark_group("life");
    group.sample_size(20).throughput(Throughput::Elements(50));
    group.bench_function("generate fifty steps", |bench| bench.iter(|| cast.life(1, black_box(7), 50)));
    let life = cast.life(1, 7, 50).unwrap();
    group.bench_function("play and judge fifty steps", |bench| bench.iter(|| runtime.block_on(played.play(&life))));
    group.finish();
}

criterion_group!(all, codec, engine, redaction, judging, reader, lives);
criterion_main!(all);
