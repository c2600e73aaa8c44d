//! The common part of the two TechCentrix partner backends: the app's side, the vendor call and the error answers.
//!
//! Settings come from the environment: `PORT`, `VENDOR_URL` (the base of the vendor's API) and `VENDOR_SERVER_KEY`.

use std::env;
use std::error::Error;
use std::future::Future;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use reqwest::{Client, RequestBuilder, Url, redirect};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// The time limit for a whole vendor call, including the answer's body.
const VENDOR_TIMEOUT: Duration = Duration::from_secs(2);

/// The largest token that is read, in bytes.
const ANSWER_LIMIT: usize = 64 * 1024;

/// A user of the partner's app.
pub(crate) struct User {
    /// The session token that the app presents.
    session: &'static str,
    /// The id given to the vendor: created once, permanent, and without information about the person.
    pub(crate) id: &'static str,
    email: &'static str,
    first_name: &'static str,
}

static USERS: [User; 2] = [
    User { session: "alice-app-session", id: "u4m9t2kx7q0ehw6zr1vd", email: "alice@example.org", first_name: "Alice" },
    User { session: "bob-app-session", id: "u8c3y5nb1j7pfs2ga9ol", email: "bob@example.org", first_name: "Robert" },
];

/// Why there is no token. The vendor's own error text is never passed on.
pub(crate) enum Failure {
    /// The vendor refused; asking again would not help.
    Refused,
    /// The vendor gave no usable answer; the app may ask again later.
    Unavailable,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Refused => error(StatusCode::BAD_GATEWAY, "vendor_refused"),
            Self::Unavailable => error(StatusCode::SERVICE_UNAVAILABLE, "vendor_unavailable"),
        }
    }
}

/// The vendor's URL, key and HTTP client.
pub(crate) struct Vendor {
    http: Client,
    url: String,
    server_key: String,
}

impl Vendor {
    /// A client without proxies, redirects and retries.
    fn from_env() -> Result<Self, Box<dyn Error>> {
        let http = Client::builder()
            .timeout(VENDOR_TIMEOUT)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .build()?;
        Ok(Self { http, url: setting("VENDOR_URL")?, server_key: setting("VENDOR_SERVER_KEY")? })
    }

    /// The secret between this backend and the vendor.
    pub(crate) fn server_key(&self) -> &str {
        &self.server_key
    }

    /// The URL that signs a user up or in.
    pub(crate) fn auth_url(&self) -> Result<Url, Failure> {
        let url = format!("{}/user/api/auth/external", self.url.trim_end_matches('/'));
        Url::parse(&url).map_err(|_| Failure::Unavailable)
    }

    /// The call that signs a user up or in, without the key.
    pub(crate) fn auth_request(&self, url: Url, user: &User) -> RequestBuilder {
        self.http.post(url).json(&json!({
            "id": user.id,
            "email": user.email,
            "firstName": user.first_name,
        }))
    }
}

/// Makes the call and reads the one-time token out of the answer.
pub(crate) async fn fetch_token(request: RequestBuilder) -> Result<String, Failure> {
    let mut response = request.send().await.map_err(|_| Failure::Unavailable)?;
    let status = response.status();
    match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
            return Err(Failure::Unavailable);
        }
        _ if status.is_client_error() => return Err(Failure::Refused),
        _ if !status.is_success() => return Err(Failure::Unavailable),
        _ => {}
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Failure::Unavailable)? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_LIMIT {
            return Err(Failure::Unavailable);
        }
    }
    let text = String::from_utf8(body).map_err(|_| Failure::Unavailable)?;
    let token = text.trim();
    if is_compact_jwt(token) { Ok(token.to_owned()) } else { Err(Failure::Unavailable) }
}

/// Whether the text has three parts of base64url. The token is opaque otherwise; this check rejects a captive
/// portal's page.
fn is_compact_jwt(text: &str) -> bool {
    let is_base64url =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    text.split('.').count() == 3 && text.split('.').all(is_base64url)
}

/// A partner backend, with its way to get the token for its app.
pub(crate) trait Backend: Send + Sync + 'static {
    /// The name of this backend in its log.
    const NAME: &'static str;

    /// A backend that uses this vendor.
    fn new(vendor: Vendor) -> Self;

    /// The token for a user who is signed in to the app.
    fn token(&self, user: &'static User) -> impl Future<Output = Result<String, Failure>> + Send;
}

pub(crate) async fn serve<B: Backend>() -> Result<(), Box<dyn Error>> {
    let backend = Arc::new(B::new(Vendor::from_env()?));
    let port = setting("PORT")?.parse::<u16>().map_err(|_| "PORT is not a port number")?;
    let app = Router::new()
        .route("/health", get(|| async { Json(json!({"status": "ok"})) }))
        .route("/credential", post(credential::<B>))
        .fallback(|| async { error(StatusCode::NOT_FOUND, "not_found") })
        .with_state(backend);
    let mut terminated = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    eprintln!("{} for techcentrix on port {}", B::NAME, listener.local_addr()?.port());
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            terminated.recv().await;
        })
        .await?;
    Ok(())
}

/// `POST /credential`: the user is that of the app's session. Nothing else in the request is read.
async fn credential<B: Backend>(State(backend): State<Arc<B>>, headers: HeaderMap) -> Response {
    let Some(user) = app_user(&headers) else {
        return ([(WWW_AUTHENTICATE, "Bearer")], error(StatusCode::UNAUTHORIZED, "unauthorized")).into_response();
    };
    match backend.token(user).await {
        Ok(token) => ([(CACHE_CONTROL, "no-store")], Json(json!({"token": token}))).into_response(),
        Err(failure) => failure.into_response(),
    }
}

fn app_user(headers: &HeaderMap) -> Option<&'static User> {
    let mut logins = headers.get_all(AUTHORIZATION).iter();
    let (login, None) = (logins.next()?, logins.next()) else {
        return None;
    };
    let (scheme, session) = login.to_str().ok()?.split_once(' ')?;
    USERS.iter().find(|user| scheme.eq_ignore_ascii_case("bearer") && user.session == session)
}

fn error(status: StatusCode, code: &str) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], Json(json!({"error": code}))).into_response()
}

#[expect(clippy::disallowed_methods, reason = "a partner reads its settings from its environment")]
fn setting(name: &str) -> Result<String, String> {
    env::var(name).ok().filter(|value| !value.is_empty()).ok_or_else(|| format!("{name} is not set"))
}
