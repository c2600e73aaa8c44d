//! The codec's guarantees, for every operation of every contract.

use proptest::prelude::*;
use proptest::test_runner::{TestCaseResult, TestRunner};
use serde_json::Value;
use standin_contracts::codec::ClientKeys;
use standin_contracts::contract::{
    BodyKind, Contract, KeyPlace, Operation, ResponseCase, Route, Secrets, Shape, ShapeKind, WireRequest, WireResponse,
};
use standin_contracts::protocol::{
    CommandName, Field, FieldValue, Fields, KeyKind, ProofState, Reply, ReplyName, Timestamp,
};

use crate::generate::{fields, request_nodes, response_nodes};
use crate::support::{all, file};

/// Runs a property for each operation of each contract.
fn for_each_operation<S: Strategy>(
    cases: u32,
    strategy: impl Fn(&Contract, &Operation) -> S,
    property: impl Fn(&Contract, &Operation, S::Value) -> TestCaseResult,
) {
    for contract in all() {
        for operation in &contract.operations {
            // Encoding takes the first operation for a command, so each is tested as the only one.
            let mut alone = contract.clone();
            alone.operations.retain(|one| one.id == operation.id);
            let mut runner =
                TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() });
            let checked = runner.run(&strategy(&alone, operation), |input| property(&alone, operation, input));
            checked.unwrap_or_else(|why| panic!("{} {}: {why}", contract.vendor, operation.id));
        }
    }
}

fn keys() -> impl Strategy<Value = ClientKeys> {
    let key = || prop_oneof!["[!-~]{1,40}", "[0-9a-f]{32}"];
    (key(), key(), key(), key()).prop_map(|(server, client, session, partner)| ClientKeys {
        partner: Some(partner),
        server: Some(server),
        client: Some(client),
        session: Some(session),
    })
}

fn key_of(keys: &ClientKeys, kind: KeyKind) -> Option<&String> {
    match kind {
        KeyKind::Server => keys.server.as_ref(),
        KeyKind::Client => keys.client.as_ref(),
        KeyKind::Partner => keys.partner.as_ref(),
        KeyKind::Session => keys.session.as_ref(),
    }
}

#[test]
fn decoding_an_encoded_command_gives_it_back() {
    let command = |contract: &Contract, operation: &Operation| (fields(contract, request_nodes(operation)), keys());
    for_each_operation(60, command, |contract, operation, (given, keys)| {
        let (secrets, now) = (Secrets::default(), Timestamp::from_millis(1_723_600_123_000));
        let encoded = contract.encode_request(operation.command, &given, &keys, &secrets, now);
        let (chosen, request) = encoded.map_err(|why| TestCaseError::fail(why.to_string()))?;
        prop_assert_eq!(&chosen.id, &operation.id);
        let Route::Found { operation: found, parameters } = contract.route(&request.method, request.path()) else {
            return Err(TestCaseError::fail(format!("no way to {}", request.target)));
        };
        let call = contract.decode_request(found, &parameters, &request, None, &secrets);
        prop_assert_eq!(call.command, operation.command);
        prop_assert_eq!(call.proof, operation.proof.map_or(ProofState::NotAsked, |_| ProofState::Valid));
        for guard in call.access.first().into_iter().flatten() {
            prop_assert_eq!(guard.sent.as_ref(), key_of(&keys, guard.kind));
        }
        let mut read = call.input.map_err(|why| TestCaseError::fail(why.to_string()))?;
        read.remove(&Field::Proof);
        read.remove(&Field::ClientKey);
        let mut expected = operation.set.clone();
        expected.extend(given);
        prop_assert_eq!(read, expected);
        Ok(())
    });
}

/// A reply that the operation can give, with values for the fields that the wire has room for.
fn reply(contract: &Contract, operation: &Operation) -> BoxedStrategy<(ResponseCase, Reply)> {
    let mut seen: Vec<ReplyName> = Vec::new();
    let mut all = Vec::new();
    for case in &operation.responses {
        let nodes = case.content.as_ref().map(response_nodes).unwrap_or_default();
        for name in case.replies.iter().copied() {
            // If two cases have the same reply, the first is sent.
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            let case = case.clone();
            let made = fields(contract, nodes.clone()).prop_map(move |fields| (case.clone(), Reply { name, fields }));
            all.push(made.boxed());
        }
    }
    prop::strategy::Union::new(all).boxed()
}

#[test]
fn decoding_an_encoded_reply_gives_a_class_that_contains_it_and_what_was_placed() {
    for_each_operation(60, reply, |contract, operation, (case, reply)| {
        let response = contract.encode_reply(operation, &reply);
        prop_assert_eq!(response.status, case.status);
        let heard = contract.decode_reply(operation, &response);
        let heard = heard.ok_or_else(|| TestCaseError::fail(format!("unread: {response:?}")))?;
        prop_assert!(heard.replies.contains(&reply.name), "{:?}", heard.replies);
        for (field, value) in reply.fields.iter() {
            let shape = case.content.as_ref().map(|content| &content.media.shape);
            prop_assert_eq!(heard.fields.get(field), Some(&as_on_the_wire(shape, field, value)), "{}", field);
        }
        let again = contract.encode_reply(operation, &Reply { name: reply.name, fields: heard.fields });
        prop_assert_eq!(again, response);
        Ok(())
    });
}

/// A value as it is after a round trip on the wire: a moment in seconds loses its milliseconds.
fn as_on_the_wire(shape: Option<&Shape>, field: &Field, value: &FieldValue) -> FieldValue {
    let nodes = shape.map(Shape::nodes).unwrap_or_default();
    let node = nodes.into_iter().find(|node| node.field.as_ref() == Some(field));
    match (value, node.map(|node| &node.kind)) {
        (FieldValue::Time(moment), Some(ShapeKind::Leaf(leaf))) => {
            let time = leaf.time.as_ref().expect("a way to write the moment");
            FieldValue::Time(time.read(&time.write(*moment)).expect("what was written"))
        }
        (FieldValue::List(sets), Some(ShapeKind::List(item))) => {
            let set = |set: &Fields| {
                set.iter().map(|(field, value)| (field.clone(), as_on_the_wire(Some(item), field, value))).collect()
            };
            FieldValue::List(sets.iter().map(set).collect())
        }
        _ => value.clone(),
    }
}

#[test]
fn every_encoded_response_is_valid_against_its_own_schema() {
    for_each_operation(40, reply, |contract, operation, (case, reply)| {
        let response = contract.encode_reply(operation, &reply);
        match &case.content {
            None => prop_assert!(response.body.is_empty()),
            Some(content) => {
                prop_assert_eq!(response.header("content-type"), Some(content.media.mime.as_str()));
                let value = match content.media.kind {
                    BodyKind::Json => serde_json::from_slice(&response.body).expect("JSON"),
                    BodyKind::Text => Value::from(String::from_utf8(response.body).expect("text")),
                    kind => panic!("no contract of ours answers in {kind:?}"),
                };
                prop_assert_eq!(content.media.schema.problems(&value), [] as [String; 0]);
            }
        }
        Ok(())
    });
}

#[test]
fn a_reply_that_the_contract_has_no_form_for_is_heard_as_no_other() {
    for contract in all() {
        for operation in &contract.operations {
            for name in ReplyName::ALL.iter().filter(|name| name.is_refusal()) {
                if operation.responses.iter().all(|case| !case.replies.contains(name)) {
                    let response = contract.encode_reply(operation, &Reply::new(*name));
                    let heard = contract.decode_reply(operation, &response);
                    assert_eq!(heard, None, "{} {}: {name}", contract.vendor, operation.id);
                }
            }
        }
    }
}

/// Text that may stand in a header, a path or a body, and bytes that may not.
fn noise() -> impl Strategy<Value = String> {
    prop_oneof![
        "(?s).{0,30}",
        "[0-9]{1,20}[A-Za-z][A-Za-z0-9+/=]{44}[A-Za-z][0-9]{1,20}",
        "Bearer .{0,20}",
        "%[0-9A-F]{0,2}[?&=/+%]{0,5}"
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        noise().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(Value::Null),
        any::<bool>().prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 12, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Value::from))
}

/// A request with some parts that the operation asks for, and many that it does not.
fn wild_request(
    _: &Contract,
    operation: &Operation,
) -> impl Strategy<Value = (Vec<(String, String)>, WireRequest)> + use<> {
    let names: Vec<String> =
        operation.parameters.iter().map(|parameter| parameter.name.clone()).chain(["other".to_owned()]).collect();
    let header = prop::sample::select(
        ["authorization", "x-api-key", "x-mobile-api-key", "sdkversionname", "content-type"].as_slice(),
    );
    let value =
        prop_oneof![noise(), Just("application/json".to_owned()), Just("application/json; charset=utf-8".to_owned())];
    let members: Vec<String> = operation
        .body
        .iter()
        .flat_map(|body| body.media.iter().flat_map(|media| media.shape.nodes()))
        .flat_map(|shape| match &shape.kind {
            ShapeKind::Object(members) => members.iter().map(|member| member.name.clone()).collect(),
            _ => Vec::new(),
        })
        .chain(["other".to_owned()])
        .collect();
    let object = prop::collection::vec((prop::sample::select(members), json()), 0..6)
        .prop_map(|members| Value::Object(members.into_iter().collect()).to_string().into_bytes());
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60),
        object,
        json().prop_map(|value| value.to_string().into_bytes())
    ];
    let headers = prop::collection::vec((header.prop_map(str::to_owned), value), 0..5);
    (prop::collection::vec((prop::sample::select(names), noise()), 0..3), noise(), noise(), headers, body).prop_map(
        |(parameters, method, target, headers, body)| (parameters, WireRequest { method, target, headers, body }),
    )
}

#[test]
fn no_request_and_no_response_makes_the_codec_panic() {
    for_each_operation(120, wild_request, |contract, operation, (parameters, request)| {
        let _ = contract.route(&request.method, &request.target);
        let call = contract.decode_request(operation, &parameters, &request, None, &Secrets::default());
        let _ = contract.step(operation, &call);
        let _ = contract.keys_in(&request);
        let cut = contract.decode_request(operation, &parameters, &request, Some(1), &Secrets::default());
        prop_assert!(cut.input.is_err());
        for case in &operation.responses {
            let response =
                WireResponse { status: case.status, headers: request.headers.clone(), body: request.body.clone() };
            let _ = contract.decode_reply(operation, &response);
        }
        Ok(())
    });
}

#[test]
fn a_key_that_stands_in_another_scheme_s_place_is_not_sent() {
    for contract in all() {
        for operation in &contract.operations {
            for used in operation.security.iter().flatten() {
                let place = &contract.schemes[used.scheme].place;
                let other = if *place == KeyPlace::Bearer { "x-api-key" } else { "authorization" };
                let headers = vec![(other.to_owned(), "Bearer key".to_owned())];
                let request = WireRequest { headers, ..WireRequest::default() };
                let call = contract.decode_request(operation, &[], &request, None, &Secrets::default());
                let guard = call.access.iter().flatten().find(|guard| guard.kind == contract.schemes[used.scheme].kind);
                assert_eq!(guard.and_then(|guard| guard.sent.clone()), None, "{} {}", contract.vendor, operation.id);
            }
        }
    }
}

#[test]
fn what_must_stand_in_a_path_or_body_is_asked_for_by_name() {
    let contract = crate::support::contract("junction");
    let ask = |command, fields: Fields| {
        let now = Timestamp::from_millis(0);
        let asked = contract.encode_request(command, &fields, &ClientKeys::default(), &Secrets::default(), now);
        asked.map(|(operation, _)| operation.id.clone()).map_err(|why| why.to_string())
    };
    let empty = Fields::new().with(Field::UserId, "");
    let missing = "`createSignInToken` needs `user_id`, and nothing was given for it";
    assert_eq!(ask(CommandName::IssueCredential, empty), Err(missing.to_owned()));
    assert_eq!(ask(CommandName::IssueCredential, Fields::new()), Err(missing.to_owned()));
    let missing = "`createUser` needs `client_user_id`, and nothing was given for it";
    assert_eq!(ask(CommandName::RegisterUser, Fields::new()), Err(missing.to_owned()));
    let missing = "the contract has no operation for `read_back`";
    assert_eq!(ask(CommandName::ReadBack, Fields::new()), Err(missing.to_owned()));
}

/// The minimal contract with another kind of request body.
fn minimal_with(media: &str) -> Contract {
    let text = file("fixtures/contracts/minimal.yaml").replacen("application/json:", media, 1);
    Contract::load("minimal with another body", &text).unwrap_or_else(|refused| panic!("{refused}"))
}

#[test]
fn forms_and_compressed_bodies_carry_fields_as_json_does() {
    for (media, literal) in [
        ("application/x-www-form-urlencoded:", Some("customer=a+b%26c")),
        ("application/octet-stream:\n            x-body: gzip-json", None),
    ] {
        let contract = minimal_with(media);
        let fields = Fields::new().with(Field::ExternalId, "a b&c");
        let (keys, secrets) = (ClientKeys::default(), Secrets::default());
        let encoded =
            contract.encode_request(CommandName::IssueCredential, &fields, &keys, &secrets, Timestamp::from_millis(0));
        let (operation, request) = encoded.expect("a request");
        if let Some(literal) = literal {
            assert_eq!(String::from_utf8_lossy(&request.body), literal);
        }
        let call = contract.decode_request(operation, &[], &request, None, &secrets);
        assert_eq!(call.input, Ok(fields), "{media}");
    }
}

/// The field whose value is the only thing wrong with a request for predictors, by its step.
fn malformed_field(body: &str) -> Option<String> {
    let contract = standin_contracts::contract::builtin("finbox").expect("a vendor").expect("a good contract");
    let (method, target) = ("POST".to_owned(), "/v2/risk/predictors".to_owned());
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let request = WireRequest { method, target, headers, body: body.as_bytes().to_vec() };
    let Route::Found { operation, parameters } = contract.route(&request.method, &request.target) else {
        panic!("the path is there")
    };
    let call = contract.decode_request(operation, &parameters, &request, None, &Secrets::default());
    assert!(call.input.is_err(), "{body}");
    contract.step(operation, &call).malformed_field
}

#[test]
fn a_request_in_which_one_value_is_all_that_is_wrong_says_which() {
    for id in [r#""""#, r#""two words""#, "7", &format!("{:?}", "é".repeat(100))] {
        let body = format!(r#"{{"customer_id":{id},"version":6,"salt":"s"}}"#);
        assert_eq!(malformed_field(&body).as_deref(), Some("external_id"), "{body}");
    }
}

#[test]
fn a_request_in_which_more_is_wrong_or_something_is_missing_names_no_field() {
    for body in [r#"{"customer_id":"","version":[],"salt":"s"}"#, r#"{"version":6,"salt":"s"}"#, "{", "[]"] {
        assert_eq!(malformed_field(body), None, "{body}");
    }
}

#[test]
fn a_page_in_the_place_of_a_text_is_no_credential() {
    let contract = crate::support::contract("techcentrix");
    let operation = contract.operation_for(CommandName::IssueCredential).unwrap();
    let answer = |mime: &str| WireResponse {
        status: 200,
        headers: vec![("content-type".to_owned(), mime.to_owned())],
        body: b"<!DOCTYPE html><title>Sign in to use this network</title>".to_vec(),
    };
    assert_eq!(contract.decode_reply(operation, &answer("text/html; charset=utf-8")), None);
    assert!(contract.decode_reply(operation, &answer("text/plain")).is_some());
}

#[test]
fn of_several_ways_in_a_client_takes_the_first_that_it_has_all_keys_for() {
    let contract = all().into_iter().find(|contract| contract.vendor == "sentiance").expect("a contract");
    let sent = |keys: &ClientKeys| {
        let fields = Fields::new().with(Field::UserId, "user-1");
        let now = Timestamp::from_millis(0);
        let encoded = contract.encode_request(CommandName::EraseUser, &fields, keys, &Secrets::default(), now);
        encoded.expect("a request").1.header("authorization").map(str::to_owned)
    };
    let session = ClientKeys { session: Some("token".to_owned()), ..ClientKeys::default() };
    let both = ClientKeys { server: Some("key".to_owned()), ..session.clone() };
    assert_eq!(sent(&session).as_deref(), Some("Bearer token"));
    assert_eq!(sent(&both).as_deref(), Some("Bearer key"));
    assert_eq!(sent(&ClientKeys::default()), None);
}
