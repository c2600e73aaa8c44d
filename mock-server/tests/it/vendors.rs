//! The three built-in vendors, each through its usual scenario.

use serde_json::json;
use standin_contracts::history::Leg;
use standin_contracts::protocol::{Millis, ReplyName};

use crate::support::{client, credential, heard, redeem, requests, responses, server};

#[tokio::test]
async fn techcentrix_issues_a_credential_that_is_redeemed_once() {
    let server = server(&["techcentrix"]).await;
    let (client, base) = (client(), server.vendor_url("techcentrix"));
    let token = credential(&client, &base, "ann").await;
    assert_eq!(token.split('.').count(), 3, "a JWT: {token}");
    let (status, first) = heard(redeem(&client, &base, &token, "install-1")).await;
    assert_eq!(status, 200, "{first}");
    let (status, again) = heard(redeem(&client, &base, &token, "install-1")).await;
    assert_eq!((status, &again["errorCode"]), (401, &json!(5)), "{again}");
    let replies: Vec<_> = responses(&server.sandbox()).iter().map(|response| response.reply).collect();
    let expected = [ReplyName::CredentialIssued, ReplyName::UserCreated, ReplyName::CredentialSpent];
    assert_eq!(replies, expected.map(Some));
}

#[tokio::test]
async fn a_credential_dies_at_the_very_millisecond_of_its_expiry() {
    let server = server(&["techcentrix"]).await;
    let (client, base) = (client(), server.vendor_url("techcentrix"));
    let lifetime = server.sandbox().vendors()[0].contract.facts.credential.lifetime.value;
    let (early, late) = (credential(&client, &base, "ann").await, credential(&client, &base, "ann").await);
    server.sandbox().advance(Millis::new(lifetime.get() - 1));
    assert_eq!(heard(redeem(&client, &base, &early, "install-1")).await.0, 200);
    server.sandbox().advance(Millis::new(1));
    assert_eq!(heard(redeem(&client, &base, &late, "install-1")).await.0, 401);
    let last = responses(&server.sandbox()).pop().unwrap();
    assert_eq!(last.reply, Some(ReplyName::CredentialExpired));
}

#[tokio::test]
async fn sentiance_links_an_install_that_had_no_user_and_erases_the_user_after() {
    let server = server(&["sentiance"]).await;
    let (client, base) = (client(), server.vendor_url("sentiance"));
    let made = client.post(format!("{base}/sdk/users")).json(&json!({"install_id": "i-1"}));
    let (status, made) = heard(made).await;
    assert_eq!(status, 200, "{made}");
    let link = client.post(format!("{base}/v2/users/i-1/link")).bearer_auth("standin-server-key");
    let (status, linked) = heard(link.json(&json!({"external_id": "ann"}))).await;
    assert_eq!((status, &linked["id"]), (200, &made["user_id"]), "{linked}");
    let erase = || client.delete(format!("{base}/users/{}", linked["id"].as_str().unwrap()));
    let (status, erased) = heard(erase().bearer_auth("standin-server-key")).await;
    assert_eq!(status, 200, "{erased}");
    let (status, _) = heard(erase().bearer_auth(made["token"].as_str().unwrap())).await;
    assert!(status >= 400);
    let legs: Vec<Leg> = requests(&server.sandbox()).iter().map(|request| request.leg).collect();
    assert_eq!(legs, [Leg::SdkToVendor, Leg::BackendToVendor, Leg::BackendToVendor, Leg::SdkToVendor]);
}

#[tokio::test]
async fn sentiance_refuses_a_session_in_a_server_keys_place_for_its_scope() {
    let server = server(&["sentiance"]).await;
    let (client, base) = (client(), server.vendor_url("sentiance"));
    let (_, made) = heard(client.post(format!("{base}/sdk/users")).json(&json!({"install_id": "i-1"}))).await;
    let asked = client.post(format!("{base}/users/auth-code")).bearer_auth(made["token"].as_str().unwrap());
    let (status, _) = heard(asked.json(&json!({"external_id": "ann"}))).await;
    assert_eq!(status, 403);
    assert_eq!(responses(&server.sandbox()).pop().unwrap().reply, Some(ReplyName::KeyLacksScope));
}

#[tokio::test]
async fn what_was_malformed_is_told_in_a_header_beside_the_vendors_own_body() {
    let server = server(&["techcentrix"]).await;
    let call = client().post(format!("{}/user/api/auth/external", server.vendor_url("techcentrix")));
    let answer = call.bearer_auth("standin-server-key").json(&json!({"email": 1})).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let expected = answer.headers()["standin-expected"].to_str().unwrap();
    assert!(expected.contains("id"), "{expected}");
    assert_eq!(answer.headers()["standin-mock"], env!("CARGO_PKG_VERSION"));
    assert_eq!(answer.headers()["date"], "Fri, 20 Nov 2026 08:00:00 GMT");
}
