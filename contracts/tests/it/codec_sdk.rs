//! Requests of SDKs: several operations for one command, bodies that are one item, and lists of permissions.

use serde_json::{Value, json};
use standin_contracts::codec::{ClientKeys, EncodeError};
use standin_contracts::contract::{Contract, Operation, Secrets, WireRequest};
use standin_contracts::protocol::{CommandName, Field, FieldValue, Fields, ProofState, Timestamp};

use crate::support::contract;

fn encode<'c>(
    contract: &'c Contract,
    command: CommandName,
    fields: &Fields,
) -> Result<(&'c Operation, WireRequest), EncodeError> {
    let key = |text: &str| Some(text.to_owned());
    let keys = ClientKeys { client: key("app"), session: key("session"), ..ClientKeys::default() };
    contract.encode_request(command, fields, &keys, &Secrets::default(), Timestamp::from_millis(0))
}

fn body(request: &WireRequest) -> Value {
    serde_json::from_slice(&request.body).expect("JSON")
}

/// A FinBox batch with these items.
fn batch(items: &[&str]) -> Fields {
    let items = items.iter().map(|id| {
        Fields::new().with(Field::ItemId, *id).with(Field::ItemRecordedAt, Timestamp::from_millis(1_546_497_420_000))
    });
    let mut fields = Fields::new().with(Field::BatchId, "b").with(Field::Round, 3);
    fields.set(Field::Items, FieldValue::List(items.collect()));
    fields
}

fn of(category: &str, platform: &str, items: &[&str]) -> Fields {
    batch(items).with(Field::Category, category).with(Field::Platform, platform)
}

#[test]
fn what_a_path_implies_chooses_the_operation_and_is_read_from_it() {
    let finbox = contract("finbox");
    for (category, platform, id) in [
        ("device", "ios", "iosDevice"),
        ("location", "ios", "iosLocation"),
        ("device", "android", "androidDevice"),
        ("location", "android", "androidLocation"),
    ] {
        let (operation, request) = encode(&finbox, CommandName::SubmitBatch, &of(category, platform, &["i"])).unwrap();
        assert_eq!(operation.id, id);
        let call = finbox.decode_request(operation, &[], &request, None, &Secrets::default());
        let fields = call.input.unwrap();
        assert_eq!((fields.text(&Field::Category), fields.text(&Field::Platform)), (Some(category), Some(platform)));
    }
    let (first, _) = encode(&finbox, CommandName::SubmitBatch, &batch(&["i"])).unwrap();
    assert_eq!(first.id, "iosDevice");
}

#[test]
fn a_body_that_is_one_item_submits_neither_none_nor_two() {
    let finbox = contract("finbox");
    for items in [&[][..], &["a", "b"]] {
        let refused = encode(&finbox, CommandName::SubmitBatch, &of("device", "ios", items)).unwrap_err();
        let said = format!("`iosDevice` submits one item at a time, and {} were given", items.len());
        assert_eq!(refused.to_string(), said);
    }
    let (operation, request) = encode(&finbox, CommandName::SubmitBatch, &of("device", "ios", &["a"])).unwrap();
    assert!(operation.submits_one_item());
    assert_eq!((&body(&request)["hash"], &body(&request)["batchId"]), (&json!("a"), &json!("b")));
}

#[test]
fn a_list_of_items_may_be_empty_or_long() {
    let finbox = contract("finbox");
    for items in [&[][..], &["a", "b", "c"]] {
        let (operation, request) = encode(&finbox, CommandName::SubmitBatch, &of("location", "ios", items)).unwrap();
        assert!(!operation.submits_one_item());
        let hashes: Vec<Value> =
            body(&request)["location"].as_array().unwrap().iter().map(|item| item["hash"].clone()).collect();
        assert_eq!(hashes, items);
    }
}

#[test]
fn an_item_without_what_its_vendor_needs_is_asked_for_by_name() {
    let finbox = contract("finbox");
    let mut fields = of("location", "ios", &[]);
    fields.set(Field::Items, FieldValue::List(vec![Fields::new().with(Field::ItemId, "a")]));
    let refused = encode(&finbox, CommandName::SubmitBatch, &fields).unwrap_err();
    assert_eq!(refused.to_string(), "`iosLocation` needs `location/timeInMillis`, and nothing was given for it");
}

#[test]
fn what_the_user_allows_is_listed_where_the_vendor_lists_it() {
    let finbox = contract("finbox");
    let fields = batch(&[])
        .with(Field::Permission("location".to_owned()), true)
        .with(Field::Permission("contacts".to_owned()), false);
    let (operation, request) = encode(&finbox, CommandName::ReportPermissions, &fields).unwrap();
    let listed =
        json!([{"permission_name": "contacts", "granted": false}, {"permission_name": "location", "granted": true}]);
    assert_eq!(body(&request)["data"], listed);
    let call = finbox.decode_request(operation, &[], &request, None, &Secrets::default());
    let read = call.input.unwrap();
    assert_eq!(read.get(&Field::Permission("contacts".to_owned())), Some(&FieldValue::Flag(false)));
    assert_eq!(read.get(&Field::Grants), None);
}

#[test]
fn a_hash_over_another_session_proves_nothing() {
    let finbox = contract("finbox");
    let (operation, mut request) = encode(&finbox, CommandName::SubmitBatch, &of("device", "ios", &["a"])).unwrap();
    let proof = |request: &WireRequest| finbox.decode_request(operation, &[], request, None, &Secrets::default()).proof;
    assert_eq!(proof(&request), ProofState::Valid);
    let bearer = request.headers.iter_mut().find(|(name, _)| name == "authorization").unwrap();
    bearer.1 = "Bearer another".to_owned();
    assert_eq!(proof(&request), ProofState::Invalid);
    request.headers.retain(|(name, _)| name != "authorization");
    assert_eq!(proof(&request), ProofState::Invalid);
}
