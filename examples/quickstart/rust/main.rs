//! A client backend in Rust: it gets a Sentiance authentication code for the user of its app.

use std::env;
use std::time::Duration;

use axum::Router;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use reqwest::{Client, redirect};
use serde_json::{Value, json};

/// The ids given to the vendor are drawn once and kept for good: nobody can read a person from them.
const USERS: [(&str, &str); 2] =
    [("alice-app-session", "u4m9t2kx7q0ehw6zr1vd"), ("bob-app-session", "u8c3y5nb1j7pfs2ga9ol")];

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let http = Client::builder()
        .timeout(Duration::from_secs(3)) // the app never waits for a vendor that doesn't answer
        .redirect(redirect::Policy::none()) // the key goes to the vendor and to nobody else
        .retry(reqwest::retry::never())
        .no_proxy()
        .build()?;
    let app = Router::new().route("/credential", post(move |headers| credential(http.clone(), headers)));
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{}", env::var("PORT")?)).await?;
    axum::serve(listener, app).await?;
    Ok(())
}

/// The user is whoever is logged in; whatever else the app sends is not read.
async fn credential(http: Client, headers: HeaderMap) -> Response {
    let login = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let Some((_, vendor_id)) = USERS.iter().find(|(session, _)| login == Some(session)) else {
        return answer(StatusCode::UNAUTHORIZED, &json!({"error": "not signed in"}));
    };
    match authentication_code(&http, vendor_id).await {
        Ok(code) => answer(StatusCode::OK, &json!({"code": code})),
        Err(error) => {
            eprintln!("{error}"); // for our log; the app is not told how the vendor refused us
            answer(StatusCode::SERVICE_UNAVAILABLE, &json!({"error": "try again later"}))
        }
    }
}

async fn authentication_code(http: &Client, vendor_id: &str) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let asked = http
        .post(env::var("SENTIANCE_URL")? + "/users/auth-code")
        .bearer_auth(env::var("SENTIANCE_KEY")?)
        .json(&json!({"external_id": vendor_id}));
    let body: Value = asked.send().await?.error_for_status()?.json().await?;
    let code = body["authentication_code"].as_str().ok_or("no code in the answer")?;
    Ok(code.to_owned())
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], Json(body.clone())).into_response()
}
