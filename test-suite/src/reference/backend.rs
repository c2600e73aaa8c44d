//! The HTTP server of the reference backend: its routes around a vendor client and a behaviour.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use futures::FutureExt;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use standin_contracts::contract::{Contract, WireRequest};
use standin_contracts::history::NamedIn;
use standin_contracts::protocol::{CommandName, Field, Fields, KeyKind};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::{JoinHandle, JoinSet};

use super::behaviour::{AppAnswer, AppRequest, BackendBehaviour};
use super::in_process::InProcess;
use super::vendor_client::{Outcome, UserRecord, VendorClient};
use super::webhook_receiver::WebhookReceiver;
use crate::driver::{BackendConfig, VerifyFile};
use crate::network::Network;

const BACKLOG: u32 = 1024;

/// A running reference backend. It ends when it is dropped.
pub(crate) struct ReferenceBackend {
    url: String,
    /// What listens, or waits to.
    task: Option<JoinHandle<()>>,
    /// The backend on a network inside this program.
    host: Option<(Network, Arc<InProcess>)>,
}

struct BackendState {
    behaviour: Arc<dyn BackendBehaviour>,
    vendor_client: VendorClient,
    webhook_receiver: WebhookReceiver,
}

impl ReferenceBackend {
    /// Starts a backend on a network inside this program, or else on a free loopback port.
    pub(crate) fn start(
        behaviour: Arc<dyn BackendBehaviour>,
        vendor_client: VendorClient,
        webhook_receiver: WebhookReceiver,
        network: Option<&Network>,
    ) -> std::io::Result<Self> {
        behaviour.started();
        let state = Arc::new(BackendState { behaviour, vendor_client, webhook_receiver });
        match network {
            Some(network) => Ok(Self::inside(network, state)),
            None => Self::on_port(state),
        }
    }

    fn on_port(state: Arc<BackendState>) -> std::io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let url = format!("http://{}", socket.local_addr()?);
        let task = tokio::spawn(async move {
            state.wait_to_listen().await;
            // Serving ends with the task, so there is no one to report an error to.
            if let Ok(listener) = socket.listen(BACKLOG) {
                serve_all(listener, routes(state)).await;
            }
        });
        Ok(Self { url, task: Some(task), host: None })
    }

    fn inside(network: &Network, state: Arc<BackendState>) -> Self {
        let url = network.address();
        let host = Arc::new(InProcess::new(routes(state.clone())));
        let (listens, at, listening) = (network.clone(), url.clone(), host.clone());
        let mut opens = Box::pin(async move {
            state.wait_to_listen().await;
            listens.open(&at, listening);
        });
        // One that listens from the first must not wait for the turn of a task.
        let is_open = (&mut opens).now_or_never().is_some();
        let task = (!is_open).then(|| tokio::spawn(opens));
        Self { url, task, host: Some((network.clone(), host)) }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for ReferenceBackend {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
        if let Some((network, host)) = &self.host {
            network.close(&self.url);
            host.end();
        }
    }
}

impl BackendState {
    async fn wait_to_listen(&self) {
        self.vendor_client.clock().pause(self.behaviour.listens_after()).await;
    }
}

fn routes(state: Arc<BackendState>) -> Router {
    Router::new()
        .route("/webhook", any(receive))
        .route("/shown/{user}", get(show))
        .route("/{call}", post(serve))
        .route("/{call}/{id}", post(serve_with_id))
        .with_state(state)
}

/// Serves connections until the task ends. All connections end with it, as they do with a process, so none of them can
/// send anything later.
async fn serve_all(listener: TcpListener, routes: Router) {
    let mut connections = JoinSet::new();
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            // With Nagle's algorithm small answers wait for one another. If the kernel refuses the option, they do.
            let _ = stream.set_nodelay(true);
            let service = TowerToHyperService::new(routes.clone());
            connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(
    State(state): State<Arc<BackendState>>,
    Path(call): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&state, app_request(call, None, &uri, &headers, &body)).await
}

async fn serve_with_id(
    State(state): State<Arc<BackendState>>,
    Path((call, id)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&state, app_request(call, Some(id), &uri, &headers, &body)).await
}

async fn answer(state: &BackendState, request: AppRequest) -> Response {
    if let Some(status) = state.behaviour.refused_form(&request) {
        return StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
    }
    if let Some(wanted) = request.wanted.as_ref().filter(|_| request.call == "sign_up") {
        let login = state.behaviour.new_id(&state.vendor_client, wanted).and_then(|id| state.vendor_client.sign_up(id));
        let refused = || state.behaviour.refuse_id();
        let taken = |login| state.behaviour.answer(&state.vendor_client, &Outcome::Granted(login));
        return into_response(login.map_or_else(refused, taken));
    }
    let answer = match state.behaviour.who(&state.vendor_client, &request) {
        None => state.behaviour.turn_away(),
        Some(user) => state.behaviour.answer(&state.vendor_client, &outcome(state, &request, &user).await),
    };
    into_response(answer)
}

async fn receive(
    State(state): State<Arc<BackendState>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let wire = WireRequest {
        method: method.to_string(),
        target: uri.to_string(),
        headers: headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: body.to_vec(),
    };
    let answer = state.webhook_receiver.serve(state.behaviour.as_ref(), &wire).await;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, answer.body).into_response();
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<axum::http::HeaderName>(), value.parse()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn show(State(state): State<Arc<BackendState>>, Path(user): Path<String>) -> Response {
    axum::Json(state.webhook_receiver.shown(state.behaviour.as_ref(), &user)).into_response()
}

async fn outcome(state: &BackendState, request: &AppRequest, user: &UserRecord) -> Outcome {
    let behaviour = state.behaviour.as_ref();
    let external_id = behaviour.external_id(user, request);
    match request.call.as_str() {
        "sdk_id" => Outcome::Granted(external_id),
        "erase" => behaviour.erase(behaviour, &state.vendor_client, request, fields(user, external_id)).await,
        _ => behaviour.obtain(behaviour, &state.vendor_client, request, fields(user, external_id)).await,
    }
}

fn app_request(call: String, id: Option<String>, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> AppRequest {
    let login = headers.get("authorization").and_then(|value| value.to_str().ok());
    let login = login.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let said = |name: &str| json.as_ref().and_then(|json| json.get(name)).and_then(Value::as_str).map(str::to_owned);
    let vendor_user = said("vendor_user").filter(|id| !id.is_empty());
    let field = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let form = if json.is_none() { std::str::from_utf8(body).ok() } else { None };
    let named = [
        (NamedIn::Path, id),
        (NamedIn::Query, uri.query().and_then(|query| user_id(query, '&'))),
        (NamedIn::Header, field("x-user-id").map(str::to_owned)),
        (NamedIn::Cookie, field("cookie").and_then(|cookies| user_id(cookies, ';'))),
        (NamedIn::Body, said("user_id")),
        (NamedIn::Form, form.and_then(|form| user_id(form, '&'))),
    ];
    let named = named.into_iter().filter_map(|(place, id)| Some((place, id?))).collect();
    let members = json.as_ref().and_then(Value::as_object).map(|members| members.keys().cloned().collect());
    let unreadable = json.is_none() && !body.is_empty();
    AppRequest { call, login, named, members: members.unwrap_or_default(), unreadable, wanted: said("id"), vendor_user }
}

/// The value of `user_id` in a query, in a form or in cookies.
fn user_id(text: &str, between: char) -> Option<String> {
    let mut pairs = text.split(between).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == "user_id")?;
    Some(percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned())
}

fn fields(user: &UserRecord, external_id: String) -> Fields {
    user.personal.clone().with(Field::ExternalId, external_id)
}

fn into_response(answer: AppAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, answer.body).into_response();
    for (name, value) in answer.headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The file that describes the reference backend for a contract.
///
/// # Errors
/// If the contract has no operation that a client backend's app could cause.
pub fn config_for(contract: &Contract) -> Result<BackendConfig, String> {
    let has = |command| contract.has(command);
    if !has(CommandName::IssueCredential) && !has(CommandName::ReadBack) {
        return Err(format!(
            "`{}` has neither `issue_credential` nor `read_back`: there is nothing to ask",
            contract.vendor
        ));
    }
    let erases = contract.operation_for(CommandName::EraseUser);
    let erases = erases.is_some_and(|operation| operation.asks_for(KeyKind::Server, &contract.schemes));
    let calls = [
        ("credential", has(CommandName::IssueCredential)),
        ("read_back", has(CommandName::ReadBack)),
        ("sdk_id", !has(CommandName::IssueCredential) && has(CommandName::CreateUser)),
        ("erase", erases),
    ];
    let mut text = format!("vendor = \"{}\"\n{USERS}{SIGN_UP}", contract.vendor);
    for (call, _) in calls.into_iter().filter(|(_, made)| *made) {
        text += &format!("[calls.{call}]\npath = \"/{call}\"\noutcome = \"/outcome\"\n");
        text += "json = { vendor_user = \"{vendor_user}\" }\nheaders = { authorization = \"Bearer {login}\" }\n";
    }
    if contract.has(CommandName::Webhook) {
        text += WEBHOOK;
    }
    let file = VerifyFile::parse("the reference backend", &text).map_err(|refused| refused.to_string())?;
    file.backend().ok_or_else(|| "the reference backend's file describes no backend".to_owned())
}

/// The reference backend's webhook receiver, and the probe that shows the effect of its messages.
const WEBHOOK: &str = r#"
[webhook]
path = "/webhook"

[webhook.probe]
method = "GET"
path = "/shown/{message_user}"
outcome = "/shown"
"#;

/// The sign-up call of a new user, alike for every vendor.
const SIGN_UP: &str = r#"
[calls.sign_up]
path = "/sign_up"
json = { id = "{id}" }
outcome = "/outcome"
"#;

/// With fewer users, a constant id could be taken for a mistake in one user's id.
const USERS: &str = r#"
[subject]
name = "reference backend"
url = "http://127.0.0.1"

[[users]]
name = "alice"
login = "login-of-alice-2f6b9c"
personal = { email = "alice@example.org", phone = "+15550100", name = "Alice Example" }

[[users]]
name = "bob"
login = "login-of-bob-81d04e"
personal = { email = "bob@example.org", phone = "+15550101", name = "Robert Example" }

[[users]]
name = "carol"
login = "login-of-carol-5a77c3"
personal = { email = "carol@example.org", phone = "+15550102", name = "Carol Example" }
"#;
