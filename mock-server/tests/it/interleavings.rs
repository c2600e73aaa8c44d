//! Clients that redeem, request and erase the same things at once, over connections of their own. Some order explains
//! all answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use standin_mock_server::MockServer;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Barrier;

use crate::support::{a_part_of_the_cases, connect, post, read_answer, send, server};
use standin_mock_server::linear::{Timed, linearize};

/// The users that all branches share.
const USERS: [&str; 2] = ["ann", "bob"];
/// The users of the credentials that all branches share.
const SHARED: [usize; 3] = [0, 0, 1];

#[derive(Debug, Clone, Copy)]
enum Plan {
    /// Redeems one of the shared credentials.
    Redeem(usize),
    /// Redeems the credential that the branch got last, if any.
    RedeemOwn,
    Issue(usize),
    /// Erases the user that existed when the branches began.
    Erase(usize),
}

/// An operation, with its result.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Done {
    Redeemed(String, Redemption),
    Issued(usize, String),
    /// Whether there was a user to erase.
    Erased(usize, bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Redemption {
    Won,
    Spent,
    UserErased,
}

/// The state that a vendor needs to explain the answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Vendor {
    credentials: BTreeMap<String, Credential>,
    erased: [bool; USERS.len()],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Credential {
    /// The user of the credential. None if the first user of that name was erased before the credential was issued.
    first_user: Option<usize>,
    spent: bool,
}

impl Vendor {
    /// The vendor's next state. None if the vendor would have answered differently.
    fn after(&self, done: &Done) -> Option<Self> {
        let mut next = self.clone();
        match done {
            Done::Issued(user, credential) => {
                let first_user = (!self.erased[*user]).then_some(*user);
                next.credentials.insert(credential.clone(), Credential { first_user, spent: false });
            }
            Done::Redeemed(credential, redemption) => {
                let credential = next.credentials.get_mut(credential)?;
                if *redemption != self.redemption(*credential) {
                    return None;
                }
                credential.spent |= *redemption == Redemption::Won;
            }
            Done::Erased(user, was_there) => {
                if *was_there == self.erased[*user] {
                    return None;
                }
                next.erased[*user] = true;
            }
        }
        Some(next)
    }

    fn redemption(&self, credential: Credential) -> Redemption {
        match credential {
            Credential { spent: true, .. } => Redemption::Spent,
            Credential { first_user: Some(user), .. } if self.erased[user] => Redemption::UserErased,
            _ => Redemption::Won,
        }
    }
}

struct SharedState {
    server: MockServer,
    clock: AtomicU64,
    installs: AtomicU64,
}

/// The state when the branches begin.
#[derive(Debug, Clone, Default)]
struct Begun {
    credentials: Vec<String>,
    user_ids: Vec<String>,
}

impl SharedState {
    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    async fn begin(&self) -> Begun {
        self.server.sandbox().reset();
        let mut stream = connect(&self.server).await;
        let mut begun = Begun::default();
        for user in 0..USERS.len() {
            let credential = issue(&mut stream, user).await;
            let (status, body) = self.redeem(&mut stream, &credential).await;
            assert_eq!(status, 200, "{body}");
            begun.user_ids.push(body["user_id"].as_str().unwrap().to_owned());
        }
        for user in SHARED {
            begun.credentials.push(issue(&mut stream, user).await);
        }
        begun
    }

    /// Redeems on an install of its own.
    async fn redeem(&self, stream: &mut TcpStream, credential: &str) -> (u16, Value) {
        let install = format!("install-{}", self.installs.fetch_add(1, Ordering::Relaxed));
        let body = json!({"authentication_code": credential, "install_id": install}).to_string();
        ask(stream, &post("/sentiance/sdk/users", &body)).await
    }

    async fn branch(&self, begun: &Begun, plans: &[Plan], start: &Barrier) -> Vec<Timed<Done>> {
        let mut stream = connect(&self.server).await;
        let mut own = None;
        let mut history = Vec::new();
        start.wait().await;
        for plan in plans {
            let called = self.tick();
            let done = self.carry_out(&mut stream, begun, own.as_deref(), *plan).await;
            let returned = self.tick();
            if let Some(Done::Issued(_, credential)) = &done {
                own = Some(credential.clone());
            }
            history.extend(done.map(|done| Timed { called, returned, done }));
        }
        history
    }

    async fn carry_out(&self, stream: &mut TcpStream, begun: &Begun, own: Option<&str>, plan: Plan) -> Option<Done> {
        Some(match plan {
            Plan::Redeem(which) => self.redeemed(stream, &begun.credentials[which]).await,
            Plan::RedeemOwn => self.redeemed(stream, own?).await,
            Plan::Issue(user) => Done::Issued(user, issue(stream, user).await),
            Plan::Erase(user) => Done::Erased(user, erase(stream, &begun.user_ids[user]).await),
        })
    }

    async fn redeemed(&self, stream: &mut TcpStream, credential: &str) -> Done {
        let (status, body) = self.redeem(stream, credential).await;
        let redemption = match (status, body["errorCode"].as_str()) {
            (200, _) => Redemption::Won,
            (403, Some("AUTHENTICATION_CODE_USED")) => Redemption::Spent,
            (403, Some("USER_DELETED")) => Redemption::UserErased,
            other => panic!("{other:?}"),
        };
        Done::Redeemed(credential.to_owned(), redemption)
    }
}

async fn issue(stream: &mut TcpStream, user: usize) -> String {
    let body = json!({"external_id": USERS[user]}).to_string();
    let (status, body) = ask(stream, &post("/sentiance/users/auth-code", &body)).await;
    assert_eq!(status, 200, "{body}");
    body["authentication_code"].as_str().unwrap().to_owned()
}

async fn erase(stream: &mut TcpStream, user_id: &str) -> bool {
    let head = format!("DELETE /sentiance/users/{user_id} HTTP/1.1\r\nhost: mock\r\n");
    let (status, body) =
        ask(stream, format!("{head}authorization: Bearer standin-server-key\r\n\r\n").as_bytes()).await;
    assert!([200, 404].contains(&status), "{status} {body}");
    status == 200
}

async fn ask(stream: &mut TcpStream, request: &[u8]) -> (u16, Value) {
    send(stream, request).await;
    let answer = read_answer(stream).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

/// Runs the branches at once. Returns the state that they shared at first, and the operations that ran.
fn play(runtime: &Runtime, shared: &Arc<SharedState>, branches: Vec<Vec<Plan>>) -> (Begun, Vec<Timed<Done>>) {
    runtime.block_on(async {
        let begun = shared.begin().await;
        let start = Arc::new(Barrier::new(branches.len()));
        let tasks: Vec<_> = branches
            .into_iter()
            .map(|plans| {
                let (shared, begun, start) = (shared.clone(), begun.clone(), start.clone());
                tokio::spawn(async move { shared.branch(&begun, &plans, &start).await })
            })
            .collect();
        let mut history = Vec::new();
        for task in tasks {
            history.extend(task.await.unwrap());
        }
        (begun, history)
    })
}

fn explained(credentials: &[String], history: &[Timed<Done>]) -> Option<Vec<usize>> {
    let mut vendor = Vendor::default();
    for (credential, user) in credentials.iter().zip(SHARED) {
        vendor.credentials.insert(credential.clone(), Credential { first_user: Some(user), spent: false });
    }
    linearize(history, vendor, Vendor::after)
}

fn plan() -> impl Strategy<Value = Plan> {
    prop_oneof![
        6 => (0..SHARED.len()).prop_map(Plan::Redeem),
        2 => Just(Plan::RedeemOwn),
        2 => (0..USERS.len()).prop_map(Plan::Issue),
        1 => (0..USERS.len()).prop_map(Plan::Erase),
    ]
}

#[test]
fn some_order_explains_what_concurrent_clients_were_answered() {
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let server = runtime.block_on(server(&["sentiance"]));
    let shared = Arc::new(SharedState { server, clock: AtomicU64::new(0), installs: AtomicU64::new(0) });
    let overlapped = AtomicU64::new(0);
    let config = ProptestConfig { failure_persistence: None, ..a_part_of_the_cases(4) };
    let branches = vec(vec(plan(), 1..6), 2..6);
    let ran = TestRunner::new(config).run(&branches, |branches| {
        let (begun, history) = play(&runtime, &shared, branches);
        overlapped.fetch_add(u64::from(any_overlap(&history)), Ordering::Relaxed);
        prop_assert!(explained(&begun.credentials, &history).is_some(), "no order explains {history:#?}");
        Ok(())
    });
    assert!(ran.is_ok(), "{}", ran.unwrap_err());
    assert!(overlapped.into_inner() > 0, "nothing happened at once");
}

fn any_overlap(history: &[Timed<Done>]) -> bool {
    let overlap = |one: &Timed<Done>, other: &Timed<Done>| one.called < other.called && other.called < one.returned;
    history.iter().any(|one| history.iter().any(|other| overlap(one, other)))
}

fn redeemed(called: u64, returned: u64, redemption: Redemption) -> Timed<Done> {
    Timed { called, returned, done: Done::Redeemed("code".to_owned(), redemption) }
}

/// Shows that the check can fail.
#[test]
fn no_order_explains_two_redemptions_of_one_credential_that_both_won() {
    let code = ["code".to_owned()];
    let history = |second| [redeemed(0, 3, Redemption::Won), redeemed(1, 2, second)];
    assert_eq!(explained(&code, &history(Redemption::Won)), None);
    assert!(explained(&code, &history(Redemption::Spent)).is_some());
}

#[test]
fn no_order_explains_a_redemption_that_won_after_its_user_was_erased() {
    let code = ["code".to_owned()];
    let erased = |called, returned| Timed { called, returned, done: Done::Erased(0, true) };
    assert_eq!(explained(&code, &[erased(0, 1), redeemed(2, 3, Redemption::Won)]), None);
    assert!(explained(&code, &[erased(0, 2), redeemed(1, 3, Redemption::Won)]).is_some());
}
