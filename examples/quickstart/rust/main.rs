//! A client backend in Rust: it gets a Sentiance authentication code for the user of its app.

use std::collections::HashMap;
use std::env;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use reqwest::{Client, redirect};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The ids given to the vendor are random and never change. They reveal nothing about the person.
const USERS: [(&str, &str); 2] =
    [("alice-app-session", "u4m9t2kx7q0ehw6zr1vd"), ("bob-app-session", "u8c3y5nb1j7pfs2ga9ol")];

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone)]
struct Vendor {
    http: Client,
    url: String,
    key: String,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let settings: HashMap<String, String> = env::vars().collect();
    let setting = |name: &str| settings.get(name).cloned().ok_or(format!("{name} is not set"));
    let http = Client::builder()
        .timeout(Duration::from_secs(3)) // the app never waits for a vendor that doesn't answer
        .redirect(redirect::Policy::none()) // the key goes only to the vendor
        .retry(reqwest::retry::never())
        .no_proxy()
        .build()?;
    let vendor = Vendor { http, url: setting("SENTIANCE_URL")?, key: setting("SENTIANCE_KEY")? };
    let app = Router::new().route("/credential", post(credential)).with_state(vendor);
    let listener = TcpListener::bind(format!("127.0.0.1:{}", setting("PORT")?)).await?;
    axum::serve(listener, app).await?;
    Ok(())
}

/// Answers the logged-in user. The rest of the app's request is not read.
async fn credential(State(vendor): State<Vendor>, headers: HeaderMap) -> Response {
    let login = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let Some((_, vendor_id)) = USERS.iter().find(|(session, _)| login == Some(session)) else {
        return answer(StatusCode::UNAUTHORIZED, json!({"error": "not signed in"}));
    };
    match authentication_code(&vendor, vendor_id).await {
        Ok(code) => answer(StatusCode::OK, json!({"code": code})),
        Err(error) => {
            eprintln!("{error}"); // for our log; the app is not told how the vendor refused us
            answer(StatusCode::SERVICE_UNAVAILABLE, json!({"error": "try again later"}))
        }
    }
}

async fn authentication_code(vendor: &Vendor, vendor_id: &str) -> Result<String, Failure> {
    let asked = vendor.http.post(format!("{}/users/auth-code", vendor.url)).bearer_auth(&vendor.key);
    let answer = asked.json(&json!({"external_id": vendor_id})).send().await?.error_for_status()?;
    let body: Value = answer.json().await?;
    let code = body["authentication_code"].as_str().ok_or("no code in the answer")?;
    Ok(code.to_owned())
}

fn answer(status: StatusCode, body: Value) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
