//! Many clients at once: one lock makes each transition atomic.

use standin_contracts::history::What;
use standin_contracts::protocol::ReplyName;

use crate::support::{client, credential, history, redeem, responses, server};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_256_redemptions_at_once_exactly_one_succeeds() {
    let server = server(&["techcentrix"]).await;
    let (client, base) = (client(), server.vendor_url("techcentrix"));
    let token = credential(&client, &base, "ann").await;
    let calls: Vec<_> = (0..256)
        .map(|number| tokio::spawn(redeem(&client, &base, &token, &format!("install-{number}")).send()))
        .collect();
    let mut statuses = Vec::new();
    for call in calls {
        statuses.push(call.await.unwrap().unwrap().status().as_u16());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 255);
    let replies: Vec<_> = responses(&server.sandbox()).into_iter().filter_map(|response| response.reply).collect();
    let count = |name| replies.iter().filter(|reply| **reply == name).count();
    assert_eq!((count(ReplyName::UserCreated), count(ReplyName::CredentialSpent)), (1, 255));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_request_stands_before_its_answer_and_every_answer_before_the_next_request() {
    let server = server(&["techcentrix"]).await;
    let base = server.vendor_url("techcentrix");
    let clients: Vec<_> = (0..8)
        .map(|number| {
            let (client, base) = (client(), base.clone());
            tokio::spawn(async move {
                for _ in 0..25 {
                    credential(&client, &base, &format!("user-{number}")).await;
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    let mut open: std::collections::BTreeMap<u64, String> = std::collections::BTreeMap::new();
    for event in history(&server.sandbox()) {
        match &event.event {
            What::Request(request) => {
                let user = request.step.as_ref().unwrap().fields["external_id"].as_str().unwrap().to_owned();
                assert!(!open.values().any(|other| *other == user), "{user} asked before it was answered");
                open.insert(request.exchange, user);
            }
            What::Response(response) => assert!(open.remove(&response.exchange).is_some()),
            other => panic!("{other:?}"),
        }
    }
    assert!(open.is_empty());
}
