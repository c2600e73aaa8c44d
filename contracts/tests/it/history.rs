//! Histories: a written history reads back, cut at any byte. A text that is no history is refused with its line.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use standin_contracts::contract::Schema;
use standin_contracts::history::{
    AppIntent, AppOutcome, Body, ClockChange, ContractRef, Credentials, Delivered, Delivery, Event, Fate, FaultChange,
    HISTORY_VERSION, Header, InstallChange, KeyChange, Leg, Login, MessagePart, Placeholder, ReadError, Request,
    Response, Step, Subject, SubjectChange, What, history_schema, read, write_event, write_header,
};
use standin_contracts::protocol::{CommandName, KeyKind, ProofState, ReplyName, Timestamp};

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z#0-9_]{0,9}", "(?s).{0,12}"]
}

fn header() -> impl Strategy<Value = Header> {
    let facts = prop::collection::vec((text(), text()), 0..3).prop_map(|facts| facts.into_iter().collect());
    let contract = (text(), text(), facts).prop_map(|(vendor, digest, facts)| ContractRef { vendor, digest, facts });
    let texts = || prop::collection::vec(text(), 0..3);
    let subjects =
        prop::collection::vec(prop::sample::select(&[Subject::ClientBackend, Subject::Sdk, Subject::App][..]), 0..3);
    (text(), any::<u64>(), prop::collection::vec(contract, 0..3), texts(), texts(), subjects).prop_map(
        |(sandbox, seed, contracts, users, capabilities, subjects)| Header {
            standin_history: HISTORY_VERSION,
            sandbox,
            seed,
            contracts,
            users,
            capabilities,
            subjects,
        },
    )
}

fn fields() -> impl Strategy<Value = Map<String, Value>> {
    let value =
        prop_oneof![text().prop_map(Value::from), any::<i64>().prop_map(Value::from), Just(json!([{"a": true}, null]))];
    prop::collection::vec((text(), value), 0..3).prop_map(|fields| fields.into_iter().collect())
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((text(), text()), 0..3)
}

fn placeholders() -> impl Strategy<Value = Vec<Placeholder>> {
    let place = prop_oneof![Just(MessagePart::Url), Just(MessagePart::Body), text().prop_map(MessagePart::Header)];
    let placeholder = (text(), place, prop::collection::vec(text(), 0..3));
    prop::collection::vec(placeholder.prop_map(|(label, place, encoding)| Placeholder { label, place, encoding }), 0..3)
}

fn body() -> impl Strategy<Value = Option<Body>> {
    let body = (text(), any::<u32>(), any::<[bool; 3]>()).prop_map(|(text, bytes, [gzip, base64, truncated])| Body {
        text,
        bytes: bytes as usize,
        gzip,
        base64,
        truncated,
    });
    prop::option::of(body)
}

fn step() -> impl Strategy<Value = Option<Step>> {
    let kinds = || prop::sample::subsequence(KeyKind::ALL, 0..=KeyKind::ALL.len());
    let parts = (prop::sample::select(CommandName::ALL), fields(), prop::option::of(text()), kinds(), kinds());
    prop::option::of(parts.prop_map(|(command, fields, malformed, keys, wants)| Step {
        command,
        fields,
        malformed,
        malformed_field: None,
        proof: ProofState::Invalid,
        keys,
        wants,
        key_places: vec!["x-api-key".to_owned()],
    }))
}

fn intent() -> impl Strategy<Value = Option<AppIntent>> {
    let login = prop::sample::select(&[Login::Valid, Login::Absent, Login::Malformed, Login::Unknown][..]);
    let parts = (text(), text(), login, prop::option::of(text()));
    prop::option::of(
        parts.prop_map(|(call, user, login, named)| AppIntent { named, ..AppIntent::new(call, user, login) }),
    )
}

fn delivery() -> impl Strategy<Value = Option<Delivery>> {
    let shown = prop::sample::select(&[Credentials::Valid, Credentials::Absent, Credentials::WrongUser][..]);
    let message = (text(), text(), text(), text(), 0..4_000_000_000_000_i64, any::<u64>());
    let message = message.prop_map(|(id, user, user_id, kind, at, nth)| Delivered {
        id,
        user,
        user_id,
        kind,
        at: Timestamp::from_millis(at),
        nth,
    });
    let messages = prop::collection::vec(message, 0..3);
    let parts = (shown, any::<bool>(), prop::option::of(text()), messages);
    prop::option::of(parts.prop_map(|(credentials, test, app_id, messages)| Delivery {
        credentials,
        test,
        app_id,
        messages,
    }))
}

fn request() -> impl Strategy<Value = What> {
    let leg = prop::sample::select(
        &[Leg::AppToBackend, Leg::BackendToVendor, Leg::SdkToVendor, Leg::VendorToBackend, Leg::HarnessToBackend][..],
    );
    let names = (prop::option::of(text()), prop::option::of(text()), prop::option::of(text()), text(), text());
    (any::<u64>(), leg, names, headers(), body(), placeholders(), step(), (intent(), delivery())).prop_map(
        |(
            exchange,
            leg,
            (vendor, install, operation, method, target),
            headers,
            body,
            placeholders,
            step,
            (intent, delivery),
        )| {
            What::Request(
                Request {
                    exchange,
                    leg,
                    vendor,
                    install,
                    operation,
                    method,
                    target,
                    headers,
                    body,
                    placeholders,
                    step,
                    intent,
                    delivery,
                }
                .into(),
            )
        },
    )
}

fn response() -> impl Strategy<Value = What> {
    let fate = prop::sample::select(&[Fate::Delivered, Fate::Cut, Fate::Lost][..]);
    let outcome = prop::option::of((any::<bool>(), prop::option::of(text())))
        .prop_map(|outcome| outcome.map(|(success, value)| AppOutcome { success, value }));
    let reply = prop::option::of(prop::sample::select(ReplyName::ALL));
    let said = (reply, fields(), prop::option::of(text()), fate, outcome);
    (any::<u64>(), any::<u16>(), headers(), body(), placeholders(), said).prop_map(
        |(exchange, status, headers, body, placeholders, (reply, fields, fault, fate, outcome))| {
            What::Response(
                Response { exchange, status, headers, body, placeholders, reply, fields, fault, fate, outcome }.into(),
            )
        },
    )
}

fn moment() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        3 => request(),
        3 => response(),
        1 => (any::<u64>(), text(), any::<bool>()).prop_map(|(exchange, why, unreached)| What::SendFailed { exchange, why, unreached }),
        1 => (text(), moment()).prop_map(|(change, now)| What::Clock(ClockChange { change, now })),
        1 => (text(), text()).prop_map(|(change, fault)| What::Fault(FaultChange { change, fault })),
        1 => (text(), text()).prop_map(|(key, change)| What::Key(KeyChange { key, change })),
        1 => (text(), text()).prop_map(|(install, change)| What::Install(InstallChange { install, change })),
        1 => text().prop_map(|change| What::Subject(SubjectChange { change })),
        1 => text().prop_map(|name| What::Scenario { name }),
        1 => Just(What::Quiescent),
        1 => any::<u64>().prop_map(|events| What::Dropped { events }),
    ]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let one = (moment(), any::<u64>(), what());
    (1..u64::from(u32::MAX), prop::collection::vec(one, 0..6)).prop_map(|(first, all)| {
        let numbered = all.into_iter().zip(first..);
        numbered.map(|((at, mono_us, event), seq)| Event { seq, at, mono_us, event }).collect()
    })
}

fn schema() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::compile(history_schema()).expect("a schema"));
    &SCHEMA
}

fn lines(header: &Header, events: &[Event]) -> Vec<Vec<u8>> {
    std::iter::once(write_header(header)).chain(events.iter().map(write_event)).collect()
}

proptest! {
    // Each case reads its history once for each of its bytes.
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_history_reads_back_as_it_was_written_and_cut_at_any_byte_as_its_beginning(header in header(), events in events()) {
        let lines = lines(&header, &events);
        for line in &lines {
            prop_assert_eq!(line.iter().position(|byte| *byte == b'\n'), Some(line.len() - 1));
        }
        let bytes = lines.concat();
        let ends: Vec<usize> = lines.iter().scan(0, |end, line| { *end += line.len(); Some(*end) }).collect();
        for cut in 0..=bytes.len() {
            let whole = ends.iter().filter(|end| **end <= cut).count();
            match read(&bytes[..cut]) {
                Err(ReadError::NoHeader) => prop_assert_eq!(whole, 0, "cut at {}", cut),
                Err(error) => prop_assert!(false, "cut at {cut}: {error}"),
                Ok(history) => {
                    prop_assert_eq!(&history.header, &header);
                    prop_assert_eq!(&history.events[..], &events[..whole - 1], "cut at {}", cut);
                    // After a cut between two lines, nothing shows that more lines followed.
                    prop_assert_eq!(history.cut, !ends.contains(&cut), "cut at {}", cut);
                }
            }
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_history_with_an_event_missing_twice_or_out_of_place_is_refused_with_its_line(
        header in header(),
        events in events().prop_filter("needs two events", |events| events.len() > 1),
        place in any::<prop::sample::Index>(),
        change in 0..3,
    ) {
        let mut wrong = events.clone();
        let at = 1 + place.index(events.len() - 1);
        let line = at + 2;
        match change {
            0 if at + 1 < events.len() => { wrong.remove(at); }
            1 => wrong.swap(at - 1, at),
            _ => wrong.insert(at, events[at - 1].clone()),
        }
        let error = read(&lines(&header, &wrong).concat()).expect_err("a wrong order");
        let ReadError::Order { line: said, .. } = error else { panic!("{error}") };
        // Of two swapped events the first is wrong.
        // The very first event may have any number, and then the second is wrong.
        prop_assert!(said == line || (change == 1 && said == line - 1), "line {said} instead of {line}");
    }

    #[test]
    fn a_line_that_is_no_event_is_refused_with_its_line(header in header(), events in events(), junk in "[^\n]{0,20}") {
        prop_assume!(serde_json::from_str::<Event>(&junk).is_err());
        let mut bytes = lines(&header, &events).concat();
        bytes.extend_from_slice(junk.as_bytes());
        bytes.push(b'\n');
        let error = read(&bytes).expect_err("junk at the end");
        prop_assert!(matches!(error, ReadError::Event { line, .. } if line == events.len() + 2), "{error}");
        let said = error.to_string();
        prop_assert!(said.starts_with(&format!("line {} is no event", events.len() + 2)), "{said}");
    }

    #[test]
    fn every_line_is_valid_against_the_published_schema(header in header(), events in events()) {
        for line in lines(&header, &events) {
            let line: Value = serde_json::from_slice(&line).expect("JSON");
            prop_assert!(schema().allows(&line), "{line}");
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }
}

fn small() -> Header {
    Header {
        standin_history: HISTORY_VERSION,
        sandbox: "default".to_owned(),
        seed: 1,
        contracts: Vec::new(),
        users: Vec::new(),
        capabilities: Vec::new(),
        subjects: Vec::new(),
    }
}

#[test]
fn another_version_is_refused_by_its_number_even_if_its_header_looks_different() {
    let error = read(b"{\"standin_history\": 2, \"novelty\": true}\n").expect_err("another version");
    assert_eq!(error.to_string(), "the history has format version 2, this program reads version 1");
}

#[test]
fn a_first_line_that_is_no_header_is_refused_as_such() {
    for line in ["{}\n", "\n", "[]\n", "{\"standin_history\": 1}\n", "hello\n"] {
        let error = read(line.as_bytes()).expect_err(line);
        assert!(matches!(error, ReadError::Header(_)), "{line}: {error}");
        assert!(error.to_string().starts_with("line 1 is no history header"), "{error}");
    }
}

#[test]
fn the_last_number_there_is_has_no_next() {
    let event = Event { seq: u64::MAX, at: Timestamp::from_millis(0), mono_us: 0, event: What::Quiescent };
    let error = read(&lines(&small(), &[event.clone(), event]).concat()).expect_err("no next number");
    assert!(matches!(error, ReadError::Order { line: 3, .. }), "{error}");
}
