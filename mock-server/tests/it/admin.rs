//! The admin API.

use reqwest::Method;
use serde_json::{Value, json};
use standin_mock_server::MockServer;
use standin_mock_server::http::openapi;

use crate::support::{client, credential, heard, server};

async fn call(server: &MockServer, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let request = client().request(method, format!("{}/__admin{path}", server.url()));
    heard(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

async fn get(server: &MockServer, path: &str) -> Value {
    let (status, answer) = call(server, Method::GET, path, None).await;
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

#[tokio::test]
async fn the_server_tells_how_it_does() {
    let server = server(&["techcentrix", "finbox"]).await;
    assert_eq!(get(&server, "/ready").await, json!({"ready": true}));
    assert_eq!(get(&server, "/version").await["name"], "standin");
    client().get(format!("{}/acme", server.url())).send().await.unwrap();
    let health = get(&server, "/health").await;
    assert_eq!((&health["status"], &health["unclaimed"]), (&json!("ok"), &json!(1)));
    assert_eq!(health["vendors"], json!(["techcentrix", "finbox"]));
}

#[tokio::test]
async fn a_sandbox_is_made_used_reset_and_deleted() {
    let server = server(&["techcentrix"]).await;
    let (status, made) = call(&server, Method::POST, "/sandboxes", Some(json!({"name": "mine", "seed": 3}))).await;
    assert_eq!((status, &made["name"], &made["seed"]), (201, &json!("mine"), &json!(3)));
    let vendor = &made["vendors"][0];
    assert_eq!(vendor["url"], format!("{}/s/mine/techcentrix", server.url()));
    let body = json!({"id": "ann"});
    let url = format!("{}/user/api/auth/external", vendor["url"].as_str().unwrap());
    let key = vendor["server_keys"][0].as_str().unwrap();
    assert_eq!(client().post(url).bearer_auth(key).json(&body).send().await.unwrap().status(), 200);
    let page = get(&server, "/sandboxes/mine/history").await;
    assert_eq!((&page["header"]["sandbox"], &page["next"]), (&json!("mine"), &json!(2)));
    assert_eq!(call(&server, Method::POST, "/sandboxes/mine/reset", None).await.0, 204);
    assert_eq!(get(&server, "/sandboxes/mine/history").await["events"], json!([]));
    assert_eq!(get(&server, "/sandboxes").await.as_array().unwrap().len(), 2);
    assert_eq!(call(&server, Method::DELETE, "/sandboxes/mine", None).await.0, 204);
    assert_eq!(call(&server, Method::GET, "/sandboxes/mine", None).await.0, 404);
    assert_eq!(call(&server, Method::DELETE, "/sandboxes/default", None).await.0, 409);
}

#[tokio::test]
async fn a_sandbox_is_named_by_the_url_that_its_maker_uses() {
    let server = server(&["techcentrix"]).await;
    let url = format!("{}/__admin/sandboxes", server.url());
    let asked = client().post(url).header("host", "mock:8000").json(&json!({"name": "mine"}));
    let (_, made) = heard(asked).await;
    assert_eq!(made["vendors"][0]["url"], "http://mock:8000/s/mine/techcentrix");
}

#[tokio::test]
async fn a_clock_is_read_and_changed() {
    let server = server(&["techcentrix"]).await;
    let path = "/sandboxes/default/clock";
    assert_eq!(get(&server, path).await, json!({"now": "2026-11-20T08:00:00.000Z", "running": false}));
    let (_, moved) = call(&server, Method::PUT, path, Some(json!({"change": "advance", "by": "10min"}))).await;
    assert_eq!(moved["now"], "2026-11-20T08:10:00.000Z");
    let (_, run) = call(&server, Method::PUT, path, Some(json!({"change": "run"}))).await;
    assert_eq!(run["running"], true);
    let (_, frozen) = call(&server, Method::PUT, path, Some(json!({"change": "freeze"}))).await;
    assert_eq!(frozen["running"], false);
}

#[tokio::test]
async fn faults_are_set_listed_released_and_cleared() {
    let server = server(&["techcentrix"]).await;
    let path = "/sandboxes/default/faults";
    let fault = json!({"fault": {"kind": "throttle", "retry_after": {"seconds": 2}}, "operation": "authExternal"});
    let (status, set) = call(&server, Method::POST, path, Some(fault)).await;
    assert_eq!((status, &set["id"]), (201, &json!(1)));
    let listed = get(&server, path).await;
    assert_eq!((&listed[0]["spec"]["when"], &listed[0]["spent"]), (&json!({"next": 1}), &json!(false)));
    assert_eq!(call(&server, Method::POST, &format!("{path}/1/release"), None).await.0, 204);
    assert_eq!(call(&server, Method::POST, &format!("{path}/9/release"), None).await.0, 404);
    assert_eq!(call(&server, Method::DELETE, path, None).await.0, 204);
    assert_eq!(get(&server, path).await, json!([]));
}

#[tokio::test]
async fn a_key_is_revoked() {
    let server = server(&["techcentrix"]).await;
    let change = json!({"vendor": "techcentrix", "key": "server_key#1", "state": "revoked"});
    assert_eq!(call(&server, Method::PUT, "/sandboxes/default/keys", Some(change)).await.0, 204);
    let page = get(&server, "/sandboxes/default/history").await;
    assert_eq!(page["events"][0]["event"], json!({"kind": "key", "key": "server_key#1", "change": "revoked"}));
}

#[tokio::test]
async fn so_is_the_key_inside_an_app_and_a_wrong_label_is_told_of_both() {
    let server = server(&["finbox"]).await;
    let change = |key: &str| json!({"vendor": "finbox", "key": key, "state": "revoked"});
    let keys = "/sandboxes/default/keys";
    assert_eq!(call(&server, Method::PUT, keys, Some(change("client_key#1"))).await.0, 204);
    let page = get(&server, "/sandboxes/default/history").await;
    assert_eq!(page["events"][0]["event"], json!({"kind": "key", "key": "client_key#1", "change": "revoked"}));
    let (status, refusal) = call(&server, Method::PUT, keys, Some(change("key"))).await;
    assert_eq!(status, 422);
    assert!(refusal.to_string().contains("there is: server_key#1, client_key#1"), "{refusal}");
}

#[tokio::test]
async fn an_install_is_switched_off_until_it_creates_its_user_again() {
    let server = server(&["sentiance"]).await;
    let (client, base) = (client(), server.vendor_url("sentiance"));
    let create = || heard(client.post(format!("{base}/sdk/users")).json(&json!({"install_id": "install-1"})));
    let link = || {
        let request = client.post(format!("{base}/v2/users/install-1/link")).bearer_auth("standin-server-key");
        heard(request.json(&json!({"external_id": "ann"})))
    };
    let off = json!({"vendor": "sentiance", "install": "install-1", "state": "disabled"});
    let switch_off = || call(&server, Method::PUT, "/sandboxes/default/installs", Some(off.clone()));
    let (status, problem) = switch_off().await;
    assert_eq!((status, &problem["detail"].as_str().unwrap()[..34]), (422, "no install has the id `install-1`;"));
    let (_, made) = create().await;
    assert_eq!(switch_off().await.0, 204);
    let page = get(&server, "/sandboxes/default/history?after=2").await;
    assert_eq!(page["events"][0]["event"], json!({"kind": "install", "install": "install-1", "change": "disabled"}));
    assert_eq!(link().await.1["errorCode"], "INSTALL_DISABLED");
    let user = format!("{base}/users/{}", made["user_id"].as_str().unwrap());
    let by_session = client.delete(user).bearer_auth(made["token"].as_str().unwrap());
    assert_eq!(by_session.send().await.unwrap().status(), 401);
    assert_eq!(create().await.0, 200);
    assert_eq!(link().await.0, 200);
}

#[tokio::test]
async fn a_history_is_read_in_pages() {
    let server = server(&["techcentrix"]).await;
    for _ in 0..3 {
        credential(&client(), &server.vendor_url("techcentrix"), "ann").await;
    }
    let page = get(&server, "/sandboxes/default/history?after=2&limit=3").await;
    let numbers: Vec<&Value> = page["events"].as_array().unwrap().iter().map(|event| &event["seq"]).collect();
    assert_eq!(numbers, [3, 4, 5]);
    assert_eq!(page["next"], 5);
    assert_eq!(get(&server, "/sandboxes/default/history?after=99").await["next"], 99);
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_place() {
    let server = server(&["techcentrix"]).await;
    let cases = [
        ("/sandboxes/default/clock", Method::PUT, json!({"change": "stop"}), 400, "unknown variant `stop`"),
        ("/sandboxes/default/clock", Method::PUT, json!({"change": "freeze", "by": "1s"}), 400, "by"),
        ("/sandboxes", Method::POST, json!({"nme": "x"}), 400, "unknown field `nme`"),
        ("/sandboxes", Method::POST, json!({"name": "X"}), 422, "lower-case"),
        ("/sandboxes", Method::POST, json!({"seed": "x"}), 400, "`seed` is not what is taken here"),
        ("/sandboxes/default/faults", Method::POST, json!({"fault": {"kind": "fire"}}), 400, "unknown variant `fire`"),
        (
            "/sandboxes/default/faults",
            Method::POST,
            json!({"fault": {"kind": "black_hole"}, "operation": "x"}),
            422,
            "authExternal",
        ),
        (
            "/sandboxes/default/keys",
            Method::PUT,
            json!({"vendor": "x", "key": "k", "state": "valid"}),
            422,
            "techcentrix",
        ),
        ("/sandboxes/nobody/reset", Method::POST, json!({}), 404, "there is: default"),
        ("/nothing", Method::GET, json!({}), 404, "admin API has no GET"),
        ("/sandboxes/default/history", Method::DELETE, json!({}), 405, "Allow"),
        ("/sandboxes/default/history?afte=1", Method::GET, json!({}), 400, "afte"),
    ];
    for (path, method, body, status, words) in cases {
        let (heard, problem) = call(&server, method, path, Some(body)).await;
        assert_eq!(heard, status, "{path}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{path}: {problem}");
    }
}

#[tokio::test]
async fn every_admin_answer_says_that_this_is_a_mock() {
    let server = server(&["techcentrix"]).await;
    let answer = client().get(format!("{}/__admin/health", server.url())).send().await.unwrap();
    assert!(answer.headers().contains_key("standin-mock"));
    let wrong = client().put(format!("{}/__admin/health", server.url())).send().await.unwrap();
    assert_eq!(
        (wrong.status().as_u16(), wrong.headers()["content-type"].to_str().unwrap()),
        (405, "application/problem+json")
    );
    assert!(wrong.headers().contains_key("allow"));
}

#[tokio::test]
async fn the_openapi_document_has_every_type_that_it_names() {
    let server = server(&["techcentrix"]).await;
    let document = get(&server, "/openapi.json").await;
    assert_eq!(document, openapi());
    assert_eq!(document["openapi"], "3.1.0");
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let place = reference.split('"').next().unwrap();
        assert!(document.pointer(place).is_some(), "{place}");
    }
    assert!(document["paths"]["/__admin/sandboxes/{name}/faults"]["post"]["requestBody"].is_object());
}
