//! Each fault, observed on the raw socket and in the history.

use serde_json::json;
use standin_contracts::history::{Fate, Leg, What};
use standin_contracts::protocol::{Millis, ReplyName};
use standin_mock_server::fault::{
    BlackHole, CaptivePortal, Drip, Hold, Latency, Moment, Pending, Redirect, ResetAfterCommit, ResetBeforeCommit,
    RetryAfter, Status, Throttle, TruncatedBody,
};
use standin_mock_server::sandbox::SERVER_KEY;
use standin_mock_server::{Fault, FaultId, FaultSpec, MockServer, When};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{
    client, connect, contract, credential, exchange, heard, issue, issue_bytes, kinds, read_answer, read_to_end,
    read_until, redeem, responses, server, until,
};

async fn with(fault: Fault) -> (MockServer, FaultId) {
    let server = server(&["techcentrix"]).await;
    let id = server.sandbox().set_fault(FaultSpec::new(fault)).unwrap();
    (server, id)
}

fn was_reset(ended: &std::io::Result<()>) -> bool {
    ended.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset)
}

/// Waits until a request is recorded. From then on, any fault that it meets has fired.
async fn asked(server: &MockServer) {
    until(&server.sandbox(), |what| matches!(what, What::Request(_))).await;
}

#[tokio::test]
async fn a_status_wears_the_vendors_own_body_and_the_vendor_does_nothing() {
    let (server, _) = with(Fault::Status(Status::plain(503))).await;
    let before = server.sandbox().snapshot("techcentrix").unwrap();
    let base = server.vendor_url("techcentrix");
    let answer = issue(&client(), &base, "standin-server-key", "ann").send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["standin-fault"], "status");
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(server.sandbox().snapshot("techcentrix").unwrap(), before);
    let told = responses(&server.sandbox()).pop().unwrap();
    assert_eq!((told.reply, told.fault.as_deref()), (Some(ReplyName::Unavailable), Some("status 503")));
    assert_eq!(issue(&client(), &base, "standin-server-key", "ann").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_status_that_the_contract_lacks_is_a_problem_document() {
    let (server, _) = with(Fault::Status(Status::plain(502))).await;
    let base = server.vendor_url("techcentrix");
    let answer = issue(&client(), &base, "standin-server-key", "ann").send().await.unwrap();
    assert_eq!(answer.status(), 502);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn latency_waits_for_sandbox_time_after_the_vendor_has_committed() {
    let (server, _) = with(Fault::Latency(Latency { span: Millis::from_secs(2) })).await;
    let (client, base, sandbox) = (client(), server.vendor_url("techcentrix"), server.sandbox());
    let call = tokio::spawn(issue(&client, &base, "standin-server-key", "ann").send());
    asked(&server).await;
    sandbox.advance(Millis::new(1999));
    assert!(responses(&sandbox).is_empty());
    sandbox.advance(Millis::new(1));
    let answer = call.await.unwrap().unwrap();
    assert_eq!(answer.headers()["date"], "Fri, 20 Nov 2026 08:00:02 GMT");
    assert_eq!(responses(&sandbox)[0].reply, Some(ReplyName::CredentialIssued));
}

#[tokio::test]
async fn a_reset_before_commit_is_a_tcp_reset_and_the_vendor_never_heard() {
    let (server, _) = with(Fault::ResetBeforeCommit(ResetBeforeCommit {})).await;
    let before = server.sandbox().snapshot("techcentrix").unwrap();
    let (text, ended) = exchange(&mut connect(&server).await, &issue_bytes("ann")).await;
    assert!(text.is_empty() && was_reset(&ended), "{text:?} {ended:?}");
    assert_eq!(server.sandbox().snapshot("techcentrix").unwrap(), before);
    let told = responses(&server.sandbox()).pop().unwrap();
    assert_eq!((told.reply, told.fate, told.status), (None, Fate::Lost, 0));
    assert_eq!(told.fault.as_deref(), Some("reset before commit"));
}

#[tokio::test]
async fn a_reset_after_commit_is_a_tcp_reset_and_the_vendor_has_done_it() {
    let server = server(&["techcentrix"]).await;
    let (client, base, sandbox) = (client(), server.vendor_url("techcentrix"), server.sandbox());
    let token = credential(&client, &base, "ann").await;
    let fault = FaultSpec::new(Fault::ResetAfterCommit(ResetAfterCommit {})).on("sdkSignIn");
    sandbox.set_fault(fault).unwrap();
    assert!(redeem(&client, &base, &token, "i-1").send().await.is_err());
    let told = responses(&sandbox).pop().unwrap();
    assert_eq!((told.reply, told.fate), (Some(ReplyName::UserCreated), Fate::Lost));
    assert_eq!(heard(redeem(&client, &base, &token, "i-1")).await.0, 401, "the credential is spent");
}

#[tokio::test]
async fn a_reset_after_commit_is_seen_as_one_by_the_raw_socket() {
    let (server, _) = with(Fault::ResetAfterCommit(ResetAfterCommit {})).await;
    let (text, ended) = exchange(&mut connect(&server).await, &issue_bytes("ann")).await;
    assert!(text.is_empty() && was_reset(&ended), "{text:?} {ended:?}");
}

#[tokio::test]
async fn a_truncated_body_promises_more_than_comes_and_ends_in_order() {
    let (server, _) = with(Fault::TruncatedBody(TruncatedBody { keep: Some(10) })).await;
    let (text, ended) = exchange(&mut connect(&server).await, &issue_bytes("ann")).await;
    assert!(ended.is_ok(), "an orderly end: {ended:?}");
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let promised = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert!(head.starts_with("HTTP/1.1 200") && promised.parse::<usize>().unwrap() > 100, "{head}");
    assert!(head.contains("standin-fault: truncated_body"), "{head}");
    assert_eq!(body.len(), 10);
    assert_eq!(responses(&server.sandbox())[0].fate, Fate::Cut);
}

#[tokio::test]
async fn half_of_a_body_or_none_of_it_can_be_kept() {
    for (keep, expected) in [(None, 0.5), (Some(0), 0.0)] {
        let (server, _) = with(Fault::TruncatedBody(TruncatedBody { keep })).await;
        let (text, ended) = exchange(&mut connect(&server).await, &issue_bytes("ann")).await;
        assert!(ended.is_ok());
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let promised =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<f64>().ok()).unwrap();
        assert!((body.len() as f64 - promised * expected).abs() < 1.0, "{text}");
    }
}

#[tokio::test]
async fn where_an_answer_has_no_body_the_line_is_cut() {
    let server = server(&["sentiance"]).await;
    let (client, base) = (client(), server.vendor_url("sentiance"));
    let asked = client.post(format!("{base}/users/auth-code")).bearer_auth(SERVER_KEY);
    let (_, code) = heard(asked.json(&json!({"external_id": "ann"}))).await;
    let redeemed = json!({"authentication_code": code["authentication_code"], "install_id": "i-1"});
    let (_, user) = heard(client.post(format!("{base}/sdk/users")).json(&redeemed)).await;
    let fault = FaultSpec::new(Fault::TruncatedBody(TruncatedBody { keep: None })).on("erase_user");
    server.sandbox().set_fault(fault).unwrap();
    let gone = client.delete(format!("{base}/users/{}", user["user_id"].as_str().unwrap())).bearer_auth(SERVER_KEY);
    assert!(gone.send().await.is_err());
    assert_eq!(responses(&server.sandbox())[2].fate, Fate::Cut);
}

#[tokio::test]
async fn a_captive_portal_answers_in_html_and_says_200() {
    let (server, _) = with(Fault::CaptivePortal(CaptivePortal {})).await;
    let text = {
        let mut stream = connect(&server).await;
        stream.write_all(&issue_bytes("ann")).await.unwrap();
        read_answer(&mut stream).await
    };
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("text/html") && text.contains("Sign in"), "{text}");
    assert_eq!(responses(&server.sandbox())[0].reply, None);
}

#[tokio::test]
async fn a_throttled_answer_says_how_long_in_either_form_or_not_at_all() {
    let forms = [
        (None, None),
        (Some(RetryAfter::Seconds(2)), Some("2")),
        (Some(RetryAfter::DateAfter(Millis::from_secs(2))), Some("Fri, 20 Nov 2026 08:00:02 GMT")),
    ];
    for (retry_after, expected) in forms {
        let (server, _) = with(Fault::Throttle(Throttle { retry_after })).await;
        let call = issue(&client(), &server.vendor_url("techcentrix"), "standin-server-key", "ann");
        let answer = call.send().await.unwrap();
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers().get("retry-after").map(|value| value.to_str().unwrap()), expected);
        assert_eq!(answer.headers().get_all("retry-after").iter().count(), usize::from(expected.is_some()));
    }
}

#[tokio::test]
async fn a_black_hole_holds_the_client_until_it_is_released_and_then_resets() {
    let (server, id) = with(Fault::BlackHole(BlackHole {})).await;
    let mut stream = connect(&server).await;
    stream.write_all(&issue_bytes("ann")).await.unwrap();
    asked(&server).await;
    assert_eq!(server.sandbox().faults()[0].parked, 1);
    assert_eq!(server.sandbox().open_exchanges(Leg::BackendToVendor), 1);
    server.sandbox().release(id).unwrap();
    let (text, ended) = read_to_end(&mut stream).await;
    assert!(text.is_empty() && was_reset(&ended), "{text:?} {ended:?}");
    assert_eq!(responses(&server.sandbox())[0].fate, Fate::Lost);
}

#[tokio::test]
async fn a_client_that_leaves_a_black_hole_is_recorded() {
    let (server, _) = with(Fault::BlackHole(BlackHole {})).await;
    let mut stream = connect(&server).await;
    stream.write_all(&issue_bytes("ann")).await.unwrap();
    asked(&server).await;
    drop(stream);
    until(&server.sandbox(), |what| matches!(what, What::SendFailed { .. })).await;
    assert_eq!(kinds(&server.sandbox())[1..], [("request", 1), ("response", 1), ("send failed", 1)]);
    assert_eq!(server.sandbox().open_exchanges(Leg::BackendToVendor), 0);
}

#[tokio::test]
async fn a_hold_parks_before_or_after_the_vendor_does_it() {
    for (at, done) in [(Moment::BeforeCommit, false), (Moment::AfterCommit, true)] {
        let server = server(&["techcentrix"]).await;
        let sandbox = server.sandbox();
        let before = sandbox.snapshot("techcentrix").unwrap();
        let id = sandbox.set_fault(FaultSpec::new(Fault::Hold(Hold { at }))).unwrap();
        let call =
            tokio::spawn(issue(&client(), &server.vendor_url("techcentrix"), "standin-server-key", "ann").send());
        asked(&server).await;
        if done {
            // A commit is no event, so the test polls for it.
            while sandbox.snapshot("techcentrix").unwrap() == before {
                tokio::task::yield_now().await;
            }
        } else {
            assert_eq!(sandbox.snapshot("techcentrix").unwrap(), before);
        }
        assert!(responses(&sandbox).is_empty());
        sandbox.release(id).unwrap();
        assert_eq!(call.await.unwrap().unwrap().status(), 200);
        assert!(responses(&sandbox).iter().any(|response| response.fault.is_some() && response.reply.is_some()));
    }
}

#[tokio::test]
async fn a_client_that_leaves_a_hold_after_commit_leaves_a_lost_answer() {
    let (server, _) = with(Fault::Hold(Hold { at: Moment::AfterCommit })).await;
    let mut stream = connect(&server).await;
    stream.write_all(&issue_bytes("ann")).await.unwrap();
    asked(&server).await;
    drop(stream);
    until(&server.sandbox(), |what| matches!(what, What::SendFailed { .. })).await;
    let told = responses(&server.sandbox()).pop().unwrap();
    assert_eq!((told.reply, told.fate), (Some(ReplyName::CredentialIssued), Fate::Lost));
}

#[tokio::test]
async fn a_process_that_has_died_hears_nothing_though_its_connection_is_open() {
    for (at, events) in [
        (Moment::BeforeCommit, [("fault", 0), ("request", 1), ("send failed", 1)].as_slice()),
        (Moment::AfterCommit, &[("fault", 0), ("request", 1), ("response", 1), ("send failed", 1)]),
    ] {
        let (server, _) = with(Fault::Hold(Hold { at })).await;
        let sandbox = server.sandbox();
        let mut stream = connect(&server).await;
        let asked_by = String::from_utf8(issue_bytes("ann")).unwrap().replacen(" /", " /i/phone-1/", 1);
        stream.write_all(asked_by.as_bytes()).await.unwrap();
        asked(&server).await;
        sandbox.abandon("phone-2");
        assert_eq!(sandbox.open_exchanges_of("phone-1"), 1, "another's death is nothing to it");
        sandbox.abandon("phone-1");
        until(&sandbox, |what| matches!(what, What::SendFailed { .. })).await;
        assert_eq!(sandbox.open_exchanges_of("phone-1"), 0);
        assert_eq!(kinds(&sandbox), events);
        assert!(responses(&sandbox).iter().all(|response| response.fate == Fate::Lost));
        assert!(read_to_end(&mut stream).await.0.is_empty(), "nothing was sent");
    }
}

#[tokio::test]
async fn clearing_the_faults_lets_everything_go() {
    let (server, _) = with(Fault::Hold(Hold { at: Moment::BeforeCommit })).await;
    let call = tokio::spawn(issue(&client(), &server.vendor_url("techcentrix"), "standin-server-key", "ann").send());
    asked(&server).await;
    server.sandbox().clear_faults();
    assert_eq!(call.await.unwrap().unwrap().status(), 200);
    assert!(server.sandbox().faults().is_empty());
}

#[tokio::test]
async fn a_reset_of_the_sandbox_cuts_off_what_is_held() {
    let (server, _) = with(Fault::Hold(Hold { at: Moment::BeforeCommit })).await;
    let mut stream = connect(&server).await;
    stream.write_all(&issue_bytes("ann")).await.unwrap();
    asked(&server).await;
    server.sandbox().reset();
    assert!(was_reset(&read_to_end(&mut stream).await.1));
    assert!(kinds(&server.sandbox()).is_empty());
}

#[tokio::test]
async fn the_nth_request_meets_its_fault_and_the_others_do_not() {
    let server = server(&["techcentrix"]).await;
    let spec = FaultSpec::new(Fault::Status(Status::plain(503))).on("issue_credential").when(When::Nth(3));
    server.sandbox().set_fault(spec).unwrap();
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let call = issue(&client(), &server.vendor_url("techcentrix"), "standin-server-key", "ann");
        statuses.push(call.send().await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 503, 200]);
}

#[tokio::test]
async fn a_probability_meets_the_same_requests_in_every_run() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let server = server(&["techcentrix"]).await;
        let spec = FaultSpec::new(Fault::Status(Status::plain(503))).when(When::Probability(0.5));
        server.sandbox().set_fault(spec).unwrap();
        let (client, base) = (client(), server.vendor_url("techcentrix"));
        let mut statuses = Vec::new();
        for _ in 0..20 {
            statuses.push(issue(&client, &base, "standin-server-key", "ann").send().await.unwrap().status().as_u16());
        }
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].contains(&200) && runs[0].contains(&503), "{:?}", runs[0]);
}

#[tokio::test]
async fn a_fault_on_what_does_not_exist_is_refused_with_what_does() {
    let server = server(&["techcentrix"]).await;
    let spec = FaultSpec::new(Fault::BlackHole(BlackHole {})).on("signIn");
    let error = server.sandbox().set_fault(spec).unwrap_err().to_string();
    for operation in &contract("techcentrix").operations {
        assert!(error.contains(&operation.id), "{error}");
    }
    let vendor = FaultSpec { vendor: Some("acme".into()), ..FaultSpec::new(Fault::BlackHole(BlackHole {})) };
    assert!(server.sandbox().set_fault(vendor).unwrap_err().to_string().contains("techcentrix"));
    let status = FaultSpec::new(Fault::Status(Status::plain(200)));
    assert!(server.sandbox().set_fault(status).is_err());
    let chance = FaultSpec::new(Fault::BlackHole(BlackHole {})).when(When::Probability(f64::NAN));
    assert!(server.sandbox().set_fault(chance).is_err());
}

#[tokio::test]
async fn what_a_throttled_answer_says_need_be_no_time_and_a_status_says_it_too() {
    let text = || Some(RetryAfter::Text("-5".to_owned()));
    let faults =
        [Fault::Throttle(Throttle { retry_after: text() }), Fault::Status(Status { status: 503, retry_after: text() })];
    for fault in faults {
        let (server, _) = with(fault).await;
        let call = issue(&client(), &server.vendor_url("techcentrix"), "standin-server-key", "ann");
        assert_eq!(call.send().await.unwrap().headers()["retry-after"], "-5");
    }
}

#[tokio::test]
async fn a_drip_gives_a_byte_for_each_second_of_sandbox_time_and_breaks_when_it_is_cleared() {
    let (server, _) = with(Fault::Drip(Drip::default())).await;
    let sandbox = server.sandbox();
    let mut stream = connect(&server).await;
    stream.write_all(&issue_bytes("ann")).await.unwrap();
    let head = read_until(&mut stream, "\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("standin-fault: drip"), "{head}");
    for _ in 0..3 {
        sandbox.advance(Millis::from_secs(1));
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();
    }
    assert_eq!(responses(&sandbox)[0].fate, Fate::Cut);
    sandbox.clear_faults();
    let (text, ended) = read_to_end(&mut stream).await;
    assert!(text.is_empty() && was_reset(&ended), "{text:?} {ended:?}");
}

#[tokio::test]
async fn who_hangs_up_on_a_drip_is_recorded_with_the_time_of_that() {
    let (server, _) = with(Fault::Drip(Drip::default())).await;
    let sandbox = server.sandbox();
    let mut stream = connect(&server).await;
    stream.write_all(&issue_bytes("ann")).await.unwrap();
    read_until(&mut stream, "\r\n\r\n").await;
    sandbox.advance(Millis::from_secs(7));
    drop(stream);
    until(&sandbox, |what| matches!(what, What::SendFailed { .. })).await;
    let events = sandbox.history_after(0, usize::MAX);
    let (first, last) = (events.first().unwrap().at, events.last().unwrap().at);
    assert_eq!(last.since(first), Millis::from_secs(7));
}

#[tokio::test]
async fn a_redirect_says_where_to_and_what_arrives_at_the_other_origin_is_recorded_as_that() {
    let mut server = server(&["techcentrix"]).await;
    let to = server.open_other_origin().await.unwrap();
    let redirect = Fault::Redirect(Redirect { status: 307, to: format!("{to}/there") });
    server.sandbox().set_fault(FaultSpec::new(redirect)).unwrap();
    let follows = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = issue(&follows, &server.vendor_url("techcentrix"), "standin-server-key", "ann").send().await.unwrap();
    assert_eq!(answer.status(), 404);
    let events = server.sandbox().history_after(0, usize::MAX);
    let arrived = events.iter().find_map(|event| match &event.event {
        What::Request(request) if request.leg == Leg::BackendToOtherOrigin => Some(request),
        _ => None,
    });
    let arrived = arrived.unwrap();
    assert_eq!(arrived.target, "/there");
    assert!(arrived.body.is_some(), "307 keeps the body");
    server.stop().await;
}

#[tokio::test]
async fn what_arrives_at_the_other_origin_is_redacted() {
    let mut server = server(&["techcentrix"]).await;
    let to = server.open_other_origin().await.unwrap();
    client().get(format!("{to}/")).header("x-api-key", "standin-server-key").send().await.unwrap();
    let events = server.sandbox().history_after(0, usize::MAX);
    let What::Request(request) = &events[0].event else { panic!("{events:?}") };
    assert_eq!(request.placeholders[0].label, "server_key#1");
    assert!(!format!("{events:?}").contains("standin-server-key"));
}

#[tokio::test]
async fn a_redirect_to_no_place_or_with_another_status_is_refused() {
    let server = server(&["techcentrix"]).await;
    for (status, to) in [(200, "http://127.0.0.1:9/"), (307, "/there"), (307, "not a url")] {
        let redirect = Fault::Redirect(Redirect { status, to: to.to_owned() });
        assert!(server.sandbox().set_fault(FaultSpec::new(redirect)).is_err(), "{status} {to}");
    }
    let drip = Fault::Drip(Drip { every: Millis::new(0) });
    assert!(server.sandbox().set_fault(FaultSpec::new(drip)).is_err());
}

#[tokio::test]
async fn a_pending_result_is_the_vendors_own_answer_and_known_as_that() {
    let server = server(&["finbox"]).await;
    server.sandbox().set_fault(FaultSpec::new(Fault::Pending(Pending {})).on("read_back")).unwrap();
    let url = format!("{}/v2/risk/predictors", server.vendor_url("finbox"));
    let answer = client().post(url).header("content-type", "application/json").body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let told = responses(&server.sandbox()).pop().unwrap();
    assert_eq!((told.reply, told.fault.as_deref()), (Some(ReplyName::ReadPending), Some("still pending")));
}
