//! Installs that refresh and submit the same things at once, over connections of their own. Each counts once.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use standin_mock_server::MockServer;
use tokio::runtime::Builder;
use tokio::sync::Barrier;

use crate::support::{a_part_of_the_cases, client, heard, server};

const BASE: &str = "/sentiance";

/// A branch's call: a refresh, or a submission of some of a few items.
#[derive(Debug, Clone)]
enum Ask {
    Refresh,
    Submit(Vec<usize>),
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![1 => Just(Ask::Refresh), 3 => vec(0..4_usize, 1..4).prop_map(Ask::Submit)]
}

/// A new session, with which no call was made yet.
struct Begun {
    base: String,
    token: String,
    refresh: String,
}

async fn begin(server: &MockServer) -> Begun {
    server.sandbox().reset();
    let base = format!("http://{}{BASE}", server.address());
    let create = client().post(format!("{base}/sdk/users")).json(&json!({"install_id": "install-1"}));
    let (status, body) = heard(create).await;
    assert_eq!(status, 200, "{body}");
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    Begun { base, token: text("token"), refresh: text("refresh_token") }
}

async fn put(begun: &Begun, ask: &Ask) -> (u16, Value) {
    let client = client();
    match ask {
        Ask::Refresh => {
            let body = json!({"refresh_token": begun.refresh});
            heard(client.post(format!("{}/sdk/sessions/refresh", begun.base)).json(&body)).await
        }
        Ask::Submit(items) => {
            let item = |number: &usize| json!({"id": format!("item-{number}"), "category": "trip"});
            let items: Vec<Value> = items.iter().map(item).collect();
            let body = json!({"batch_id": "batch", "items": items});
            heard(client.post(format!("{}/sdk/batches", begun.base)).bearer_auth(&begun.token).json(&body)).await
        }
    }
}

/// Runs the branches at once. Returns how often each result came.
async fn play(server: &MockServer, branches: Vec<Ask>) -> BTreeMap<String, usize> {
    let begun = Arc::new(begin(server).await);
    let start = Arc::new(Barrier::new(branches.len()));
    let tasks: Vec<_> = branches
        .into_iter()
        .map(|ask| {
            let (begun, start) = (begun.clone(), start.clone());
            tokio::spawn(async move {
                start.wait().await;
                (put(&begun, &ask).await, ask)
            })
        })
        .collect();
    let mut came_to = BTreeMap::new();
    for task in tasks {
        let ((status, body), ask) = task.await.unwrap();
        let what = match (&ask, status) {
            (Ask::Refresh, 200) => "refreshed".to_owned(),
            (Ask::Submit(_), 200) => body["result"].as_str().unwrap().to_owned(),
            // A refresh ended the session before this call arrived.
            (_, 401) => "too late".to_owned(),
            other => panic!("{other:?} {body}"),
        };
        *came_to.entry(what).or_default() += 1;
    }
    came_to
}

#[test]
fn of_many_at_once_one_refresh_wins_and_every_item_is_kept_once() {
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let server = runtime.block_on(server(&["sentiance"]));
    let config = ProptestConfig { failure_persistence: None, ..a_part_of_the_cases(8) };
    let ran = TestRunner::new(config).run(&vec(ask(), 2..10), |branches| {
        let came_to = runtime.block_on(play(&server, branches.clone()));
        let count = |what: &str| came_to.get(what).copied().unwrap_or_default();
        let asked = branches.iter().any(|ask| matches!(ask, Ask::Refresh));
        prop_assert_eq!(count("refreshed"), usize::from(asked), "{:?}", came_to);
        prop_assert!(asked || count("too late") == 0);
        // Each accepted batch had at least one new item, and there are four items.
        prop_assert!(count("accepted") <= 4, "{:?}", came_to);
        if !asked {
            prop_assert!(count("accepted") >= 1, "{:?}", came_to);
        }
        Ok(())
    });
    assert!(ran.is_ok(), "{}", ran.unwrap_err());
}

#[test]
fn of_the_same_batch_many_times_at_once_one_is_accepted() {
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let server = runtime.block_on(server(&["sentiance"]));
    for _ in 0..10 {
        let came_to = runtime.block_on(play(&server, vec![Ask::Submit(vec![0, 1]); 12]));
        assert_eq!(came_to, BTreeMap::from([("accepted".to_owned(), 1), ("known".to_owned(), 11)]));
    }
}
