//! The app's requests to the backend under test, both valid and invalid ones.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use standin_contracts::contract::{WireRequest, WireResponse};
use standin_contracts::history::{AppIntent, AppOutcome, Login, NamedIn, unpacked};
use standin_mock_server::DirectLine;

use super::backend::Launch;
use super::config::{CallTable, UserTable};

/// A request that the harness makes as the app.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'u> {
    /// The name of the call.
    pub call: &'u str,
    /// The user of the app.
    pub user: &'u UserTable,
    /// The login that the app sends.
    pub login: Login,
    /// Another user as whom the app tries to act.
    pub impersonating: Option<Impersonation<'u>>,
}

/// An app's try to act as another user.
#[derive(Debug, Clone, Copy)]
pub struct Impersonation<'u> {
    /// The other user.
    pub victim: &'u UserTable,
    /// The id that the app sends for that user.
    pub id: &'u str,
    /// The place in which it sends the id. All else is as in an honest request.
    pub place: NamedIn,
    /// The only name under which it sends the id; `None` for every usual one.
    pub name: Option<&'static str>,
}

impl<'u> Ask<'u> {
    /// A valid request of this user's app.
    pub fn valid(call: &'u str, user: &'u UserTable) -> Self {
        Self { call, user, login: Login::Valid, impersonating: None }
    }

    /// Replaces the login.
    pub fn showing(self, login: Login) -> Self {
        Self { login, ..self }
    }

    /// Adds another user's id to one place of the request: an impersonation attempt.
    pub fn impersonating(self, impersonation: Impersonation<'u>) -> Self {
        Self { impersonating: Some(impersonation), ..self }
    }

    pub(crate) fn intent(&self, call: &CallTable) -> AppIntent {
        let named_in_one = |one: &Impersonation<'_>| one.place == NamedIn::Body && one.is_alone_in(call);
        AppIntent {
            named: self.impersonating.map(|one| one.victim.name.clone()),
            named_in: self.impersonating.map(|one| one.place),
            alone: self.impersonating.as_ref().is_some_and(named_in_one),
            ..AppIntent::new(self.call, self.user.name.clone(), self.login)
        }
    }
}

/// The backend's response to the app.
#[derive(Debug, Clone)]
pub struct CallResponse {
    /// The response as it came.
    pub response: WireResponse,
    /// The outcome that the response holds for the app.
    pub outcome: AppOutcome,
}

/// The names under which backends may read a user's id from a query, a cookie or a body.
pub const NAMES: &[&str] = &[
    "user_id",
    "userId",
    "userID",
    "user",
    "username",
    "id",
    "uid",
    "sub",
    "external_id",
    "externalId",
    "customer_id",
    "customerId",
    "account_id",
    "accountId",
];
/// The header fields from which backends may read a user's id.
const HEADERS: &[&str] = &["x-user-id", "x-userid", "x-user", "x-customer-id", "x-external-id", "user-id"];

/// The characters of an id that are escaped in a path or query.
const ID_IN_URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The size limit of a response, in bytes. No credential comes near it.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;

/// The number of characters at the end in which a malformed login differs from the user's own. A token's signature
/// stands there, so this exposes a backend that ignores it.
const MALFORMED: usize = 4;

/// The HTTP client for requests to the subject. Each request has a connection of its own, as each app has. An idle
/// connection could block a single-threaded backend. Backends in this program do not need that.
pub(crate) fn http_client(launch: &Launch) -> reqwest::Result<reqwest::Client> {
    let bare = || reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    let single = || bare().pool_max_idle_per_host(0);
    match launch {
        // Without certificates, as in a bare container, an https client can't be made; an http client can.
        Launch::Outside(_) => single().build().or_else(|_| single().tls_certs_only([]).build()),
        // These speak plain HTTP, and reading the system's certificates takes longer than starting a backend.
        Launch::Reference(_) | Launch::Anew(_) => bare().tls_certs_only([]).build(),
    }
}

/// The client for the app's requests, and for requests of a backend that the harness plays.
#[derive(Debug, Clone)]
pub(crate) enum AppClient {
    /// Over HTTP, with a time limit in real time.
    Http(reqwest::Client, Duration),
    Direct(DirectLine),
}

impl AppClient {
    pub(crate) fn new(http: reqwest::Client, within: Duration) -> Self {
        Self::Http(http, within)
    }

    /// Sends a request and returns the response. The error says why there is none.
    pub(crate) async fn send(&self, url: &str, request: &WireRequest) -> Result<WireResponse, NoAnswer> {
        match self {
            Self::Http(http, within) => over_http(http, *within, url, request).await,
            Self::Direct(line) => {
                let answer = line.ask_at(url, request).await;
                answer.ok_or_else(|| NoAnswer::because("the line broke"))
            }
        }
    }
}

async fn over_http(
    http: &reqwest::Client,
    within: Duration,
    url: &str,
    request: &WireRequest,
) -> Result<WireResponse, NoAnswer> {
    let method: reqwest::Method = request.method.parse().map_err(|_| NoAnswer::because("the method is none"))?;
    let mut builder = http.request(method, format!("{url}{}", request.target)).timeout(within);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    if !request.body.is_empty() {
        builder = builder.body(request.body.clone());
    }
    let mut response = builder.send().await.map_err(why)?;
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(why)? {
        body.extend_from_slice(&part);
        if body.len() > LARGEST_ANSWER {
            return Err(NoAnswer::because(&format!("the answer is larger than {LARGEST_ANSWER} bytes")));
        }
    }
    Ok(WireResponse { status, headers, body })
}

/// The reason why a request has no response.
#[derive(Debug)]
pub(crate) struct NoAnswer {
    pub(crate) why: String,
    /// Whether the request failed before its time limit. False if the time limit was reached.
    pub(crate) in_time: bool,
}

impl NoAnswer {
    fn because(why: &str) -> Self {
        Self { why: why.to_owned(), in_time: true }
    }
}

fn why(error: reqwest::Error) -> NoAnswer {
    if error.is_timeout() {
        return NoAnswer { why: "no answer came in time".to_owned(), in_time: false };
    }
    // The error's own text only names the URL; the reason is in its deepest source.
    let error = error.without_url();
    let deepest = std::iter::successors(std::error::Error::source(&error), |error| error.source()).last();
    NoAnswer::because(&deepest.map_or_else(|| error.to_string(), ToString::to_string))
}

/// The request that an app sends. `users` are all users whom the backend knows; `vendor_user` is the vendor's id of
/// this user.
pub(crate) fn request(call: &CallTable, ask: &Ask<'_>, users: &[UserTable], vendor_user: &str) -> WireRequest {
    let login = shown_login(&ask.user.login, ask.login, users);
    let id = ask.user.id.as_deref().unwrap_or(&ask.user.name);
    let fill_with = |text: &str, id: &str| {
        let text = text.replace("{login}", login.as_deref().unwrap_or("")).replace("{user}", &ask.user.name);
        text.replace("{vendor_user}", vendor_user).replace("{id}", id)
    };
    let fill = |text: &str| fill_with(text, id);
    let mut headers: Vec<(String, String)> = call
        .headers
        .iter()
        .filter(|(_, value)| login.is_some() || !value.contains("{login}"))
        .map(|(name, value)| (name.to_ascii_lowercase(), fill(value)))
        .collect();
    // An id may contain characters that would end a path segment or a query.
    let mut target = fill_with(&call.path, &utf8_percent_encode(id, ID_IN_URL).to_string());
    let json = call.json.clone().map(|value| fill_json(value, &fill));
    let mut body = json.map(|value| value.to_string().into_bytes()).unwrap_or_default();
    let mut content_type = "application/json";
    if let Some(one) = &ask.impersonating {
        let as_victim = |text: &str| fill_with(&text.replace("{user}", one.id), one.id);
        match one.place {
            NamedIn::Query => target = one.in_query(&target),
            NamedIn::Header => one.in_headers(call, &as_victim, &mut headers),
            NamedIn::Cookie => one.in_cookies(&mut headers),
            NamedIn::Path => {
                let in_url = utf8_percent_encode(one.id, ID_IN_URL).to_string();
                target = one.in_path(call, &target, |path| fill_with(path, &in_url));
            }
            NamedIn::Body => body = one.in_json(call, &as_victim).to_string().into_bytes(),
            NamedIn::Form => (body, content_type) = (one.pairs("&").into_bytes(), "application/x-www-form-urlencoded"),
        }
        if one.place == NamedIn::Form {
            headers.retain(|(name, _)| name != "content-type");
        }
    }
    if !body.is_empty() && !headers.iter().any(|(name, _)| name == "content-type") {
        headers.push(("content-type".to_owned(), content_type.to_owned()));
    }
    WireRequest { method: call.method.to_ascii_uppercase(), target, headers, body }
}

pub(super) fn fill_json(value: Value, fill: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(fill(&text)),
        Value::Array(items) => items.into_iter().map(|item| fill_json(item, fill)).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| (name, fill_json(member, fill)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other,
    }
}

impl Impersonation<'_> {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        NAMES.iter().copied().filter(|name| self.name.is_none_or(|only| only == *name))
    }

    /// The victim's id under each name, as in a query, a form or a cookie.
    fn pairs(&self, between: &str) -> String {
        let id = utf8_percent_encode(self.id, NON_ALPHANUMERIC).to_string();
        self.names().map(|name| format!("{name}={id}")).collect::<Vec<_>>().join(between)
    }

    fn in_query(&self, target: &str) -> String {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        // Of two values with one name, most backends take the first or the last. The victim's id is both.
        let own = query.split('&').filter(|pair| !pair.is_empty() && !self.names().any(|name| name_of(pair) == name));
        let pairs: Vec<&str> = own.collect();
        let named = self.pairs("&");
        format!(
            "{path}?{}",
            [pairs.join("&"), named].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&")
        )
    }

    /// Fields of the call that hold the app's own id hold the victim's, and so do the usual ones.
    fn in_headers(&self, call: &CallTable, as_victim: &impl Fn(&str) -> String, headers: &mut Vec<(String, String)>) {
        for (name, value) in call.headers.iter().filter(|(_, value)| holds_id(value)) {
            let name = name.to_ascii_lowercase();
            headers.retain(|(known, _)| *known != name);
            headers.push((name, as_victim(value)));
        }
        for name in HEADERS {
            if !headers.iter().any(|(known, _)| known == name) {
                headers.push(((*name).to_owned(), self.id.to_owned()));
            }
        }
    }

    fn in_cookies(&self, headers: &mut Vec<(String, String)>) {
        let named = self.pairs("; ");
        match headers.iter_mut().find(|(name, _)| name == "cookie") {
            Some((_, own)) => *own = format!("{own}; {named}"),
            None => headers.push(("cookie".to_owned(), named)),
        }
    }

    /// The path with the victim's id where the call has the app's own, or else behind it.
    fn in_path(&self, call: &CallTable, target: &str, as_victim: impl Fn(&str) -> String) -> String {
        let (path, query) = call.path.split_once('?').unwrap_or((&call.path, ""));
        if holds_id(path) {
            let query = if query.is_empty() { String::new() } else { format!("?{query}") };
            return as_victim(&format!("{}{query}", path.replace("{user}", "{id}")));
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let id = utf8_percent_encode(self.id, ID_IN_URL);
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        format!("{}/{id}{query}", path.trim_end_matches('/'))
    }

    /// The body of the call, with the victim's id where it has the app's own, and under the usual names.
    fn in_json(&self, call: &CallTable, as_victim: &impl Fn(&str) -> String) -> Value {
        let body = call.json.clone().map(|value| fill_json(value, as_victim));
        let Some(Value::Object(mut members)) = body.or_else(|| Some(Value::Object(serde_json::Map::new()))) else {
            return Value::Object(self.names().map(|name| (name.to_owned(), Value::from(self.id))).collect());
        };
        let is_own = call.json.as_ref().is_some_and(|json| holds_id(&json.to_string()));
        if !is_own || self.name.is_none() {
            members.extend(self.names().map(|name| (name.to_owned(), Value::from(self.id))));
        }
        Value::Object(members)
    }

    /// Whether the victim's id in one member of the body is all that differs from an honest request.
    fn is_alone_in(&self, call: &CallTable) -> bool {
        self.name.is_some() && matches!(call.json, Some(Value::Object(_)))
    }
}

fn name_of(pair: &str) -> &str {
    pair.split('=').next().unwrap_or(pair)
}

/// Whether a text of a call has the app's own id in it.
fn holds_id(text: &str) -> bool {
    text.contains("{id}") || text.contains("{user}")
}

/// The login that the app sends. None if it sends none.
pub(crate) fn shown_login(own: &str, shown: Login, users: &[UserTable]) -> Option<String> {
    let length = own.chars().count();
    match shown {
        Login::Valid => Some(own.to_owned()),
        Login::Absent => None,
        Login::Malformed => Some(nobodys(own, length - MALFORMED.min(length.div_ceil(2)), users)),
        Login::Unknown => Some(nobodys(own, 0, users)),
    }
}

/// A login that no user has: `own`, changed after its first `kept` characters.
fn nobodys(own: &str, kept: usize, users: &[UserTable]) -> String {
    let change =
        |login: &String| login.chars().enumerate().map(|(at, c)| if at < kept { c } else { next(c) }).collect();
    let mut others = std::iter::successors(Some(own.to_owned()), |login| Some(change(login))).take(users.len() + 2);
    others.find(|other| users.iter().all(|user| user.login != *other)).unwrap_or_else(|| format!("{own}-of-nobody"))
}

/// Another character of the same kind, so that the login keeps its form.
fn next(c: char) -> char {
    match c {
        'z' => 'a',
        'Z' => 'A',
        '9' => '0',
        c if c.is_ascii_alphanumeric() => char::from(c as u8 + 1),
        c => c,
    }
}

/// The outcome that a response holds for the app, by the call's own definition of failure and outcome.
pub(crate) fn outcome(call: &CallTable, response: &WireResponse) -> AppOutcome {
    let body = unpacked(&response.body);
    let json: Option<Value> = serde_json::from_slice(&body).ok();
    let flag = call.failed_if.as_ref().and_then(|pointer| json.as_ref()?.pointer(pointer));
    let failed = response.status >= 400 || flag.is_some_and(|value| !value.is_null() && *value != Value::Bool(false));
    let value = match call.outcome.pointer() {
        // The status tells what there is to know.
        None => return AppOutcome { success: !failed, value: None },
        Some("") => String::from_utf8(body.into_owned()).ok().filter(|text| !text.is_empty()),
        Some(pointer) => {
            json.as_ref().and_then(|json| json.pointer(pointer)).filter(|value| !value.is_null()).map(text_of)
        }
    };
    AppOutcome { success: !failed && value.is_some(), value: value.filter(|_| !failed) }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn call() -> CallTable {
        toml::from_str(
            r#"path = "/code"
            headers = { Authorization = "Bearer {login}" }
            json = { who = "{user}" }
            outcome = "/token"
            failed_if = "/error""#,
        )
        .expect("a call")
    }

    fn user() -> UserTable {
        toml::from_str("name = 'alice'\nlogin = 'abcz-9'").expect("a user")
    }

    #[test]
    fn a_request_without_login_leaves_its_header_out() {
        let user = user();
        let ask = Ask::valid("credential", &user).showing(Login::Absent);
        assert_eq!(request(&call(), &ask, &[], "").header("authorization"), None);
    }

    #[test]
    fn an_unknown_login_is_changed_everywhere_and_a_malformed_one_at_its_end() {
        let users = [user()];
        assert_eq!(shown_login("abcz-9", Login::Unknown, &users).as_deref(), Some("bcda-0"));
        assert_eq!(shown_login("abcz-9", Login::Malformed, &users).as_deref(), Some("abca-0"));
    }

    #[test]
    fn no_login_but_the_own_is_another_users() {
        let logins = ["1", "2", "3", "u-1", "u-2", "--"];
        let users = logins.map(|login| UserTable { login: login.to_owned(), ..user() });
        for own in logins {
            for shown in [Login::Malformed, Login::Unknown] {
                let login = shown_login(own, shown, &users).expect("a login");
                assert!(!logins.contains(&login.as_str()), "{own} became {login}");
            }
        }
    }

    #[test]
    fn an_id_is_itself_in_a_body_and_encoded_in_a_path() {
        let call: CallTable = toml::from_str(
            r#"path = "/users/{id}?of={vendor_user}"
            json = { wants = "{id}" }
            outcome = """#,
        )
        .expect("a call");
        let newcomer = UserTable { id: Some("a/b é".to_owned()), ..user() };
        let sent = request(&call, &Ask::valid("sign_up", &newcomer), &[], "v-1");
        assert_eq!(sent.target, "/users/a%2Fb%20%C3%A9?of=v-1");
        assert_eq!(String::from_utf8_lossy(&sent.body), r#"{"wants":"a/b é"}"#);
    }

    #[test]
    fn an_error_inside_a_200_is_a_failure() {
        let answer = |body: &str| WireResponse { status: 200, headers: Vec::new(), body: body.as_bytes().to_vec() };
        assert!(outcome(&call(), &answer(r#"{"token":"t"}"#)).success);
        assert!(!outcome(&call(), &answer(r#"{"token":"t","error":"no"}"#)).success);
        assert!(!outcome(&call(), &answer(r#"{"token":null}"#)).success);
        assert!(!outcome(&call(), &answer("<html>")).success);
    }

    #[test]
    fn a_compressed_answer_has_its_outcome() {
        // {"token":"t"}
        let body = [
            31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 42, 201, 207, 78, 205, 83, 178, 82, 42, 81, 170, 5, 0, 210, 208,
            208, 36, 13, 0, 0, 0,
        ];
        let answer = WireResponse { status: 200, headers: Vec::new(), body: body.to_vec() };
        assert_eq!(outcome(&call(), &answer).value.as_deref(), Some("t"));
    }

    #[tokio::test]
    async fn an_answered_app_hangs_up() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = async {
            let (mut line, _) = listener.accept().await.expect("a connection");
            let mut asked = vec![0; 4096];
            let _ = line.read(&mut asked).await.expect("a request");
            line.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.expect("an answer");
            line.read_to_end(&mut asked).await.expect("the end of the line");
        };
        let app = AppClient::new(http_client(&Launch::Outside("".into())).expect("a client"), Duration::from_secs(5));
        let user = user();
        let request = request(&call(), &Ask::valid("credential", &user), &[], "");
        let (answer, ()) = tokio::join!(app.send(&url, &request), serving);
        assert_eq!(answer.map(|answer| answer.status).ok(), Some(200));
    }

    /// A request of alice's app that names a victim in one place.
    fn naming(call: &CallTable, id: &str, place: NamedIn) -> WireRequest {
        let (user, victim) = (user(), user());
        let impersonation = Impersonation { victim: &victim, id, place, name: None };
        request(call, &Ask::valid("credential", &user).impersonating(impersonation), &[], "")
    }

    #[test]
    fn a_victim_is_named_in_one_place_and_all_else_is_honest() {
        let (call, user) = (call(), user());
        let honest = request(&call, &Ask::valid("credential", &user), &[], "");
        for place in NamedIn::ALL {
            let sent = naming(&call, "v1", place);
            assert_eq!(sent.target != honest.target, matches!(place, NamedIn::Query | NamedIn::Path), "{place:?}");
            assert_eq!(sent.body != honest.body, matches!(place, NamedIn::Body | NamedIn::Form), "{place:?}");
            let more = sent.headers.len() - honest.headers.len();
            assert_eq!(more > 0, matches!(place, NamedIn::Header | NamedIn::Cookie), "{place:?}");
        }
    }

    #[test]
    fn a_body_names_the_victim_though_the_call_has_none() {
        let bare: CallTable = toml::from_str("path = '/code'\noutcome = '/token'").expect("a call");
        let sent = naming(&bare, "v1", NamedIn::Body);
        assert!(String::from_utf8_lossy(&sent.body).contains(r#""userId":"v1""#));
        assert_eq!(sent.header("content-type"), Some("application/json"));
        let sent = naming(&bare, "v 1", NamedIn::Form);
        assert!(String::from_utf8_lossy(&sent.body).contains("user_id=v%201&"));
        assert_eq!(sent.header("content-type"), Some("application/x-www-form-urlencoded"));
    }

    #[test]
    fn where_a_call_has_its_users_own_id_a_victims_stands_instead() {
        let own: CallTable = toml::from_str(
            r#"path = "/users/{id}/code?of={id}"
            json = { who = { id = "{id}" } }
            headers = { X-Me = "{user}" }
            outcome = """#,
        )
        .expect("a call");
        assert_eq!(naming(&own, "v/1", NamedIn::Path).target, "/users/v%2F1/code?of=v%2F1");
        assert!(String::from_utf8_lossy(&naming(&own, "v1", NamedIn::Body).body).contains(r#""who":{"id":"v1"}"#));
        assert_eq!(naming(&own, "v1", NamedIn::Header).header("x-me"), Some("v1"));
    }

    #[test]
    fn an_id_that_would_break_a_query_is_encoded_in_it() {
        let sent = naming(&call(), "a+b&c#d", NamedIn::Query);
        assert!(sent.target.contains("user_id=a%2Bb%26c%23d&"), "{}", sent.target);
    }
}
