//! Properties of every vendor, for any calls of its clients and any jumps in time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use proptest::sample::Index;
use standin_contracts::contract::{Contract, VENDORS};
use standin_contracts::protocol::{Call, Dedupe, Field, FieldValue, KeyKind, ReplyName, Timestamp};

use crate::engine_cases::{Move, case, long_case};
use crate::engine_model::Model;
use crate::support::{a_part_of_the_cases, contract};
use crate::vendor_under_test::{Said, Step, VendorUnderTest};

/// All contracts of the repository, each with small batches, and one contract with other policies.
static CONTRACTS: LazyLock<Vec<Arc<Contract>>> = LazyLock::new(|| {
    let all = VENDORS.iter().copied().chain(["junction"]).map(|vendor| with(vendor, &[]));
    all.chain([with("sentiance", &[("user.active_devices", "one"), ("sync.dedupe", "batch")])]).collect()
});

fn with(vendor: &str, facts: &[(&str, &str)]) -> Arc<Contract> {
    let mut contract = Contract::clone(&contract(vendor));
    for (fact, value) in facts.iter().chain([&("sync.most_items", "2")]) {
        contract.facts.set(fact, value).unwrap();
    }
    Arc::new(contract)
}

fn vendor() -> impl Strategy<Value = usize> {
    0..CONTRACTS.len()
}

fn play(vendor: usize, case: &[Move]) -> Vec<Step> {
    VendorUnderTest::new(CONTRACTS[vendor].clone(), 1).play(case)
}

fn said(steps: &[Step]) -> impl Iterator<Item = &Said> {
    steps.iter().filter_map(|step| match step {
        Step::Said(said) => Some(&**said),
        Step::SwitchedOff { .. } => None,
    })
}

fn sent(call: &Call, field: Field) -> Option<&str> {
    call.input.as_ref().ok()?.text(&field)
}

/// The session that admitted a request: the call was not refused, and no key admitted it instead.
fn session_used(said: &Said) -> Option<&str> {
    let sessions = said.call.access.iter().flatten().filter(|guard| guard.kind == KeyKind::Session);
    let mut sent = sessions.filter_map(|guard| guard.sent.as_deref());
    sent.next().filter(|_| !said.reply.name.is_refusal())
}

fn is_created(said: &Said) -> bool {
    matches!(said.reply.name, ReplyName::UserCreated | ReplyName::UserRestored)
}

fn user_told(said: &Said) -> Option<&str> {
    said.reply.fields.text(&Field::UserId)
}

proptest! {
    #![proptest_config(a_part_of_the_cases(3))]

    #[test]
    fn every_answer_is_the_one_that_an_independent_model_expects(vendor in vendor(), case in case()) {
        let mut tested = VendorUnderTest::new(CONTRACTS[vendor].clone(), 1);
        let mut model = Model::new(&tested.contract.facts, &tested.keys);
        for (number, step) in tested.play(&case).iter().enumerate() {
            let judged = model.judge(step);
            prop_assert!(judged.is_ok(), "{}, step {number}: {}", tested.contract.vendor, judged.unwrap_err());
        }
    }
}

proptest! {
    #![proptest_config(a_part_of_the_cases(6))]

    #[test]
    fn a_single_use_credential_is_redeemed_at_most_once_and_never_at_or_past_its_end(vendor in vendor(), case in case()) {
        let mut ends: BTreeMap<String, Timestamp> = BTreeMap::new();
        let mut redeemed = BTreeSet::new();
        for said in said(&play(vendor, &case)) {
            if let (Some(credential), Some(end)) = (said.told.text(&Field::Credential), said.told.time(&Field::ExpiresAt)) {
                ends.insert(credential.to_owned(), end);
            }
            if let (true, Some(credential)) = (is_created(said), sent(&said.call, Field::Credential)) {
                prop_assert!(redeemed.insert(credential.to_owned()), "redeemed twice: {credential}");
                prop_assert!(ends.get(credential).is_none_or(|end| said.at < *end), "{} is past the end", said.at);
            }
        }
    }

    #[test]
    fn an_external_id_leads_to_the_same_user_unless_that_one_is_erased(vendor in vendor(), case in case()) {
        let mut users: BTreeMap<String, String> = BTreeMap::new();
        for said in said(&play(vendor, &case)) {
            let Some(user) = user_told(said) else { continue };
            if said.reply.name == ReplyName::UserErased {
                users.retain(|_, known| known != user);
            } else if let Some(external_id) = said.reply.fields.text(&Field::ExternalId) {
                let known = users.entry(external_id.to_owned()).or_insert_with(|| user.to_owned());
                prop_assert_eq!(known.as_str(), user);
            }
        }
    }

    #[test]
    fn an_erased_user_stays_erased_with_its_credentials_and_sessions(vendor in vendor(), case in case()) {
        let mut erased = BTreeSet::new();
        let mut credentials: BTreeMap<String, String> = BTreeMap::new();
        let mut dead = BTreeSet::new();
        let mut sessions: Vec<(String, String)> = Vec::new();
        for said in said(&play(vendor, &case)) {
            let user = user_told(said).unwrap_or_default().to_owned();
            prop_assert!(!erased.contains(&user), "{user} speaks again: {:?}", said.reply);
            if let (true, Some(credential)) = (is_created(said), sent(&said.call, Field::Credential)) {
                prop_assert!(!erased.contains(&credentials[credential]));
            }
            prop_assert!(!session_used(said).is_some_and(|session| dead.contains(session)));
            credentials.extend(said.told.text(&Field::Credential).map(|text| (text.to_owned(), user.clone())));
            // A session belongs to its install, and so to the install's current user.
            let install = said.told.text(&Field::InstallId).or_else(|| sent(&said.call, Field::InstallId));
            if let (Some(install), false) = (install, said.reply.name.is_refusal()) {
                sessions.extend(said.told.text(&Field::Session).map(|text| (text.to_owned(), install.to_owned())));
            }
            if said.reply.name == ReplyName::UserErased {
                dead.extend(session_used(said).filter(|sent| sessions.iter().any(|(text, _)| text == sent)).map(str::to_owned));
                erased.insert(user);
            }
        }
    }

    #[test]
    fn an_install_that_was_switched_off_is_silent_until_it_creates_again(vendor in vendor(), case in case()) {
        let mut off = BTreeSet::new();
        let mut sessions: Vec<(String, String)> = Vec::new();
        for step in &play(vendor, &case) {
            let said = match step {
                Step::SwitchedOff { install, .. } => {
                    off.insert(install.clone());
                    continue;
                }
                Step::Said(said) => said,
            };
            let of_session = session_used(said).and_then(|sent| sessions.iter().find(|(text, _)| text == sent));
            prop_assert!(!of_session.is_some_and(|(_, install)| off.contains(install)), "{:?}", said.reply);
            let Some(install) = said.reply.fields.text(&Field::InstallId) else { continue };
            if is_created(said) {
                off.remove(install);
                // Sessions from before the install was disabled stay refused, so only the new one is known from here
                // on.
                sessions.extend(said.told.text(&Field::Session).map(|text| (text.to_owned(), install.to_owned())));
            }
            prop_assert!(!off.contains(install), "{:?}", said.reply);
        }
    }

    #[test]
    fn the_same_calls_lead_to_the_same_state_and_to_the_same_bytes(
        vendor in vendor(), case in case(), seed: u64, cut: Index
    ) {
        let mut tested = VendorUnderTest::new(CONTRACTS[vendor].clone(), seed);
        let cut = cut.index(case.len() + 1);
        let before = tested.play(&case[..cut]);
        let mut restored = tested.clone();
        let after = tested.play(&case[cut..]);
        prop_assert_eq!(&restored.replay(&after), &after, "the snapshot goes on in another way");
        prop_assert_eq!(&restored.engine, &tested.engine);
        let mut again = VendorUnderTest::new(CONTRACTS[vendor].clone(), seed);
        prop_assert_eq!(&again.replay(&before), &before);
        prop_assert_eq!(&again.replay(&after), &after);
        prop_assert_eq!(&again.engine, &tested.engine);
    }
}

proptest! {
    #![proptest_config(a_part_of_the_cases(6))]

    #[test]
    fn a_refresh_token_gets_one_session_and_ends_the_one_that_it_came_with(vendor in vendor(), case in case()) {
        let mut came_with: BTreeMap<String, String> = BTreeMap::new();
        let mut ended = BTreeSet::new();
        for said in said(&play(vendor, &case)) {
            prop_assert!(!session_used(said).is_some_and(|session| ended.contains(session)), "{:?}", said.call);
            if said.reply.name == ReplyName::SessionRefreshed {
                let refresh = sent(&said.call, Field::Refresh).unwrap_or_default();
                let old = came_with.remove(refresh);
                prop_assert!(old.is_some(), "refreshed twice by {refresh}");
                ended.extend(old);
            }
            if let (Some(refresh), Some(session)) = (said.told.text(&Field::Refresh), said.told.text(&Field::Session)) {
                came_with.insert(refresh.to_owned(), session.to_owned());
            }
        }
    }

    #[test]
    fn what_is_submitted_is_kept_once(vendor in vendor(), case in case()) {
        let mut tested = VendorUnderTest::new(CONTRACTS[vendor].clone(), 1);
        let steps = tested.play(&case);
        let mut installs: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
        let mut sessions: BTreeMap<String, String> = BTreeMap::new();
        for said in said(&steps) {
            let text = |field| said.reply.fields.text(&field).map(str::to_owned);
            if let (Some(install), Some(user)) = (text(Field::InstallId), text(Field::UserId)) {
                installs.entry(install.clone()).or_default().0 = user;
                sessions.extend(text(Field::Session).map(|session| (session, install)));
            }
            if said.reply.name == ReplyName::UserErased {
                let erased = text(Field::UserId).unwrap();
                installs.values_mut().filter(|(user, _)| *user == erased).for_each(|(_, kept)| kept.clear());
            }
            let Some(install) = session_used(said).and_then(|session| sessions.get(session)) else { continue };
            let kept = &mut installs.get_mut(install).unwrap().1;
            kept.extend(submitted(&tested.contract, said));
        }
        for (install, (_, kept)) in installs {
            prop_assert_eq!(tested.engine.items_kept(&install), kept.len(), "{}", install);
        }
    }
}

/// Ids for the items that a vendor should have kept of a call. Ids in a batch are local to that batch.
fn submitted(contract: &Contract, said: &Said) -> Vec<String> {
    let Ok(fields) = &said.call.input else { return Vec::new() };
    let items = fields.list(&Field::Items).iter().enumerate();
    let Some(FieldValue::Texts(accepted)) = said.reply.fields.get(&Field::Accepted) else { return Vec::new() };
    match (contract.facts.sync.dedupe.value, said.reply.name) {
        (Dedupe::Item, _) => accepted.clone(),
        (Dedupe::Batch, ReplyName::BatchAccepted) => {
            let batch = fields.text(&Field::BatchId).unwrap_or_default();
            items.map(|(number, _)| format!("{batch} {number}")).collect()
        }
        _ => Vec::new(),
    }
}

/// Replies that no case leads to. The first needs a user without an install where results are read. The next two are
/// replies to a vendor, not of one. The one after those needs an operation that takes an app beside a key. The last two
/// come from faults only.
const UNREACHABLE: [ReplyName; 6] = [
    ReplyName::ReadEmpty,
    ReplyName::MessageKept,
    ReplyName::ProbeAnswered,
    ReplyName::KeyOfOtherApp,
    ReplyName::Throttled,
    ReplyName::Unavailable,
];

/// A property holds even for cases in which nothing happens. This test shows that cases do get the replies that the
/// properties are about.
#[test]
fn generated_cases_cover_every_reply_that_the_properties_are_about() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut covered = BTreeSet::new();
    for vendor in (0..CONTRACTS.len()).cycle().take(1000) {
        let case = long_case().new_tree(&mut runner).unwrap().current();
        covered.extend(said(&play(vendor, &case)).map(|said| said.reply.name));
        if covered.len() + UNREACHABLE.len() >= ReplyName::ALL.len() {
            break;
        }
    }
    let missed: Vec<_> = ReplyName::ALL.iter().copied().filter(|name| !covered.contains(name)).collect();
    assert_eq!(missed, UNREACHABLE);
}
