//! Paths: no trick leads from one vendor, sandbox or API to another.

use super::server_under_attack::{Attack, ServerUnderAttack, Trace, request};

fn path(path: &str, status: u16, words: &'static str, trace: Trace) -> Attack {
    Attack::new(path, request(&format!("GET {path}"), "", b""), status, words, trace)
}

#[tokio::test]
async fn a_path_with_a_trick_in_it_leads_nowhere() {
    let long = format!("/techcentrix/{}", "x".repeat(60_000));
    let vendor = ["no such vendor", "no such operation", "no such sandbox"];
    let cases = [
        ("/..", 0),
        ("/../../etc/passwd", 0),
        ("/%2e%2e/__admin/health", 0),
        ("/techcentrix/../__admin/health", 1),
        ("/techcentrix/%2e%2e/%2e%2e/__admin/health", 1),
        ("/techcentrix%2fuser%2fapi%2fauth%2fexternal", 0),
        ("/techcentrix/user%2Fapi%2Fauth%2Fexternal", 1),
        ("/techcentrix//user/api/auth/external", 1),
        ("/techcentrix/user/api/auth/external/", 1),
        ("/TECHCENTRIX/user/api/auth/external", 0),
        ("//", 0),
        ("//__admin/health", 0),
        ("/%5f%5fadmin/health", 0),
        ("/__ADMIN/health", 0),
        ("/__administer", 0),
        ("/__admin%2fhealth", 0),
        ("http://elsewhere/techcentrix/x", 1),
        ("http://elsewhere", 0),
        ("elsewhere:80", 0),
        ("*", 0),
        ("://x", 0),
        ("/%00", 0),
        ("/techcentrix/%00", 1),
        ("/techcentrix/%", 1),
        ("/techcentrix/%zz", 1),
        ("/techcentrix/%ff%fe?%ff=%fe", 1),
        ("/techcentrix/?a=/../../__admin/health", 1),
        ("/s", 2),
        ("/s/", 2),
        ("/s/%00/techcentrix", 2),
        ("/s/../techcentrix", 2),
        ("/s/bystander%2ftechcentrix/x", 2),
        ("/s/%62ystander/techcentrix/x", 2),
        ("/s/Bystander/techcentrix/x", 2),
        ("/s/default/s/bystander/techcentrix/x", 0),
        (&long, 1),
    ];
    let attacks = cases.into_iter().map(|(target, kind)| path(target, 404, vendor[kind], Trace::History));
    ServerUnderAttack::new().await.withstands(attacks.collect()).await;
}

#[tokio::test]
async fn a_path_with_a_trick_in_it_leads_nowhere_in_the_admin_api() {
    let long = format!("/__admin/sandboxes/{}", "x".repeat(5000));
    let cases = [
        ("/__admin", 404, "the admin API has no"),
        ("/__admin/", 404, "the admin API has no"),
        ("/__admin//health", 404, "the admin API has no"),
        ("/__admin/health/", 404, "the admin API has no"),
        ("/__admin/../techcentrix", 404, "the admin API has no"),
        ("/__admin/%2e%2e/techcentrix", 404, "the admin API has no"),
        ("/__admin/health%00", 404, "the admin API has no"),
        ("/__admin/sandboxes/..", 404, "there is no sandbox `..`"),
        ("/__admin/sandboxes/%2e%2e%2f", 404, "there is no sandbox `../`"),
        ("/__admin/sandboxes/%ff%fe", 400, "UTF-8"),
        ("/__admin/sandboxes/%zz", 404, "there is no sandbox"),
        ("/__admin/contracts/..%2f..%2fetc%2fpasswd", 404, "no vendor"),
        ("/__admin/sandboxes/default/history?after=-1", 400, "whole numbers"),
        ("/__admin/sandboxes/default/history?after=99999999999999999999999", 400, "whole numbers"),
        ("/__admin/sandboxes/default/history?after=%ff", 400, "whole numbers"),
        (&long, 404, "there is no sandbox"),
    ];
    let attacks = cases.into_iter().map(|(target, status, words)| path(target, status, words, Trace::Nowhere));
    ServerUnderAttack::new().await.withstands(attacks.collect()).await;
}

#[tokio::test]
async fn what_is_no_path_is_refused() {
    let cases = ["", "?", "#", "/a b", "/\0", "/a\tb", "/{}|^`<>\"", "http://"];
    let attacks = cases.into_iter().map(|target| path(target, 400, "this is no request in HTTP/1.1", Trace::Count));
    ServerUnderAttack::new().await.withstands(attacks.collect()).await;
}
