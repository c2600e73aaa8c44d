//! Many connections at once, up to the limit.

use rustix::process::{Resource, getrlimit, setrlimit};
use standin_contracts::history::{Leg, What};
use standin_mock_server::fault::BlackHole;
use standin_mock_server::{Fault, FaultSpec, Limits};
use tokio::io::AsyncWriteExt;

use super::server_under_attack::{ServerUnderAttack, hear};
use crate::support::{connect, issue_bytes, until};

/// Raises the limit of open files: both ends of each connection are files of this process.
fn allow_many_files() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, rustix::process::Rlimit { current: limit.maximum, ..limit }).unwrap();
}

#[tokio::test]
async fn others_are_served_beside_a_thousand_idle_connections() {
    allow_many_files();
    let mut server_under_attack = ServerUnderAttack::new().await;
    let mut idle = Vec::new();
    for number in 0..1000 {
        let mut stream = connect(&server_under_attack.server).await;
        if number % 2 == 0 {
            stream.write_all(b"POST /techcentrix HTTP/1.1\r\nx: ").await.unwrap();
        }
        idle.push(stream);
    }
    for _ in 0..10 {
        server_under_attack.others_are_unharmed("a thousand idle connections").await;
    }
    drop(idle);
    server_under_attack.others_are_unharmed("a thousand connections ended").await;
}

#[tokio::test]
async fn beyond_the_most_connections_one_waits_until_another_ends() {
    let mut server_under_attack = ServerUnderAttack::with(Limits { connections: 2, ..Limits::default() }).await;
    let (first, second) = (connect(&server_under_attack.server).await, connect(&server_under_attack.server).await);
    let mut third = connect(&server_under_attack.server).await;
    third.write_all(&issue_bytes("ann")).await.unwrap();
    drop(first);
    assert!(hear(&mut third).await.starts_with("HTTP/1.1 200 "));
    drop((second, third));
    server_under_attack.others_are_unharmed("a full house").await;
}

#[tokio::test]
async fn a_server_without_room_for_one_more_connection_can_still_be_stopped() {
    let server_under_attack = ServerUnderAttack::with(Limits { connections: 1, ..Limits::default() }).await;
    let sandbox = server_under_attack.server.sandbox();
    sandbox.set_fault(FaultSpec::new(Fault::BlackHole(BlackHole {}))).unwrap();
    let mut stuck = connect(&server_under_attack.server).await;
    stuck.write_all(&issue_bytes("ann")).await.unwrap();
    until(&sandbox, |what| matches!(what, What::Request(_))).await;
    let _waiting = connect(&server_under_attack.server).await;
    let stopped = tokio::time::timeout(std::time::Duration::from_secs(30), server_under_attack.server.stop()).await;
    assert!(stopped.is_ok());
    assert_eq!(sandbox.open_exchanges(Leg::BackendToVendor), 0);
}
