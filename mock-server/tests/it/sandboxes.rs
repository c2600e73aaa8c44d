//! Sandboxes side by side: each request finds its own sandbox, and no sandbox sees another's data.

use standin_contracts::protocol::{Millis, Timestamp};
use standin_mock_server::sandbox::NewSandbox;
use standin_mock_server::{KeyState, Sandbox};

use crate::support::{START, client, credential, history, issue, redeem, requests, responses, server};

fn named(name: &str) -> NewSandbox {
    NewSandbox { name: Some(name.to_owned()), ..NewSandbox::default() }
}

#[tokio::test]
async fn a_request_finds_its_sandbox_by_its_key_its_credential_or_its_path() {
    let server = server(&["techcentrix"]).await;
    let (client, base) = (client(), server.vendor_url("techcentrix"));
    let mine = server.make_sandbox(named("mine")).unwrap();
    let keys = &mine.vendors()[0].keys;
    assert!(keys.server[0].value.starts_with("mine-server-"));
    let token = issue(&client, &base, &keys.server[0].value, "ann").send().await.unwrap().text().await.unwrap();
    // The client key is the default sandbox's and not in the index, so the credential decides.
    redeem(&client, &base, &token, "i-1").send().await.unwrap();
    let prefixed = format!("{}/s/mine/techcentrix", server.url());
    issue(&client, &prefixed, "anything", "ann").send().await.unwrap();
    assert_eq!(requests(&mine).len(), 3);
    assert!(history(&server.sandbox()).is_empty());
    assert_eq!(server.sandbox().unclaimed(), 0);
}

#[tokio::test]
async fn a_request_is_known_to_be_of_the_install_that_its_path_names() {
    let server = server(&["techcentrix"]).await;
    let sandbox = server.make_sandbox(named("mine")).unwrap();
    let client = client();
    for path in ["/s/mine/i/phone/techcentrix", "/s/mine/i/phone/nowhere", "/s/mine/techcentrix"] {
        issue(&client, &format!("{}{path}", server.url()), "wrong", "ann").send().await.unwrap();
    }
    let installs: Vec<Option<String>> = requests(&sandbox).into_iter().map(|request| request.install).collect();
    assert_eq!(installs, [Some("phone".to_owned()), Some("phone".to_owned()), None]);
}

#[tokio::test]
async fn sandboxes_share_neither_users_nor_clocks_nor_keys() {
    let server = server(&["techcentrix"]).await;
    let mine = server.make_sandbox(named("mine")).unwrap();
    mine.advance(Millis::from_secs(60));
    assert_eq!(server.sandbox().now(), Timestamp::from_millis(START));
    mine.set_key_state("techcentrix", "server_key#1", KeyState::Revoked).unwrap();
    credential(&client(), &server.vendor_url("techcentrix"), "ann").await;
    let other = server.make_sandbox(named("other")).unwrap();
    assert_ne!(mine.vendors()[0].keys, other.vendors()[0].keys);
    assert_ne!(mine.seed(), other.seed());
}

#[tokio::test]
async fn a_request_that_carries_nothing_known_is_served_by_default_and_counted() {
    let server = server(&["techcentrix"]).await;
    let (client, base) = (client(), server.vendor_url("techcentrix"));
    issue(&client, &base, "wrong", "ann").send().await.unwrap();
    client.get(format!("{base}/nowhere")).send().await.unwrap();
    assert_eq!(server.sandbox().unclaimed(), 2);
    credential(&client, &base, "ann").await;
    issue(&client, &format!("{}/s/default/techcentrix", server.url()), "wrong", "ann").send().await.unwrap();
    assert_eq!(server.sandbox().unclaimed(), 2);
    assert_eq!(requests(&server.sandbox()).len(), 4);
}

#[tokio::test]
async fn keys_can_be_revoked_expired_narrowed_and_given_back() {
    let server = server(&["techcentrix"]).await;
    let (client, base, sandbox) = (client(), server.vendor_url("techcentrix"), server.sandbox());
    for state in [KeyState::Revoked, KeyState::Expired, KeyState::WithoutScope, KeyState::Valid] {
        sandbox.set_key_state("techcentrix", "server_key#1", state).unwrap();
        issue(&client, &base, "standin-server-key", "ann").send().await.unwrap();
    }
    let replies: Vec<String> = responses(&sandbox).iter().map(|told| told.reply.unwrap().to_string()).collect();
    assert_eq!(replies, ["key_revoked", "key_expired", "key_lacks_scope", "credential_issued"]);
    let error = sandbox.set_key_state("techcentrix", "server_key#2", KeyState::Valid).unwrap_err();
    assert!(error.to_string().contains("there is: server_key#1"), "{error}");
}

#[tokio::test]
async fn a_reset_makes_the_sandbox_as_it_was_at_first() {
    let server = server(&["techcentrix"]).await;
    let (client, base, sandbox) = (client(), server.vendor_url("techcentrix"), server.sandbox());
    let first = credential(&client, &base, "ann").await;
    sandbox.advance(Millis::from_secs(5));
    sandbox.set_key_state("techcentrix", "server_key#1", KeyState::Revoked).unwrap();
    sandbox.reset();
    assert!(history(&sandbox).is_empty());
    assert_eq!(credential(&client, &base, "ann").await, first, "same seed, same time, same words");
}

#[tokio::test]
async fn a_snapshot_put_back_undoes_what_came_after() {
    let server = server(&["techcentrix"]).await;
    let (client, base, sandbox) = (client(), server.vendor_url("techcentrix"), server.sandbox());
    let token = credential(&client, &base, "ann").await;
    let snapshot = sandbox.snapshot("techcentrix").unwrap();
    for _ in 0..2 {
        assert_eq!(redeem(&client, &base, &token, "i-1").send().await.unwrap().status(), 200);
        sandbox.restore("techcentrix", snapshot.clone()).unwrap();
    }
}

#[tokio::test]
async fn waiting_ends_when_the_clock_is_moved_there() {
    let server = server(&["techcentrix"]).await;
    let sandbox = server.sandbox();
    let waiting = tokio::spawn({
        let sandbox = sandbox.clone();
        async move { sandbox.wait_until(sandbox.now().after(Millis::from_secs(3600))).await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    sandbox.advance(Millis::from_secs(3600));
    waiting.await.unwrap();
}

#[tokio::test]
async fn names_of_sandboxes_are_plain_and_unique() {
    let server = server(&["techcentrix"]).await;
    for bad in ["", "Mine", "a/b", "..", &"x".repeat(65), "default"] {
        assert!(server.make_sandbox(named(bad)).is_err(), "{bad}");
    }
    server.make_sandbox(named("mine")).unwrap();
    assert!(server.make_sandbox(named("mine")).is_err());
    assert_eq!(server.make_sandbox(NewSandbox::default()).unwrap().name(), "sandbox-2");
}

#[tokio::test]
async fn a_sandbox_can_have_facts_of_its_own() {
    let server = server(&["techcentrix"]).await;
    let asked = |vendor: &str, fact: &str| NewSandbox {
        set: [(vendor.to_owned(), [(fact.to_owned(), "30s".to_owned())].into())].into(),
        ..named("hasty")
    };
    assert!(
        server.make_sandbox(asked("nobody", "credential.lifetime")).unwrap_err().to_string().contains("techcentrix")
    );
    assert!(server.make_sandbox(asked("techcentrix", "credential.life")).unwrap_err().to_string().contains("lifetime"));
    let hasty = server.make_sandbox(asked("techcentrix", "credential.lifetime")).unwrap();
    let (client, base) = (client(), format!("{}/s/hasty/techcentrix", server.url()));
    let key = &hasty.vendors()[0].keys.server[0].value;
    let token = issue(&client, &base, key, "ann").send().await.unwrap().text().await.unwrap();
    hasty.advance(Millis::from_secs(30));
    assert_eq!(redeem(&client, &base, &token, "i-1").send().await.unwrap().status(), 401);
    assert_eq!(server.sandbox().header().contracts[0].facts["credential.lifetime"], "5min");
    assert_eq!(hasty.header().contracts[0].facts["credential.lifetime"], "30s");
}

#[tokio::test]
async fn who_waits_for_sandboxes_is_told_of_each_that_comes_or_goes() {
    let server = server(&["techcentrix"]).await;
    let mut sandboxes = server.sandboxes();
    let names = |known: &[Sandbox]| known.iter().map(|one| one.name().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&sandboxes.borrow_and_update()), ["default"]);
    let first = server.make_sandbox(named("mine")).unwrap();
    sandboxes.changed().await.unwrap();
    assert_eq!(names(&sandboxes.borrow_and_update()), ["default", "mine"]);
    client().delete(format!("{}/__admin/sandboxes/mine", server.url())).send().await.unwrap();
    sandboxes.changed().await.unwrap();
    assert_eq!(names(&sandboxes.borrow_and_update()), ["default"]);
    let second = server.make_sandbox(named("mine")).unwrap();
    assert!(second.is(&sandboxes.borrow_and_update()[1]) && !second.is(&first));
}

#[tokio::test]
async fn a_reader_of_updates_learns_that_a_sandbox_began_another_epoch() {
    let server = server(&["techcentrix"]).await;
    let sandbox = server.sandbox();
    let base = server.vendor_url("techcentrix");
    let seen = |epoch, seq| {
        let updates = sandbox.updates(epoch, seq, 10);
        (updates.epoch, updates.events.iter().map(|event| event.seq).collect::<Vec<_>>())
    };
    issue(&client(), &base, "wrong", "ann").send().await.unwrap();
    assert_eq!(seen(1, 0), (1, vec![1, 2]));
    assert_eq!(seen(1, 1), (1, vec![2]));
    sandbox.reset();
    assert_eq!(seen(1, 2), (2, vec![]));
    for _ in 0..2 {
        issue(&client(), &base, "wrong", "ann").send().await.unwrap();
    }
    assert_eq!(seen(1, 2), (2, vec![1, 2, 3, 4]), "more events than before hide nothing");
}
