//! The app's requests to the backend under test, both valid and invalid ones.

use percent_encoding::utf8_percent_encode;
use serde_json::Value;
use standin_contracts::contract::{WireRequest, WireResponse};
use standin_contracts::history::{AppIntent, AppOutcome, Login, NamedIn, unpacked};

use super::config::{CallTable, UserTable};
use super::impersonation::{ID_IN_URL, Impersonation};

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

/// The number of characters at the end in which a malformed login differs from the user's own. A token's signature
/// stands there, so this exposes a backend that ignores it.
const MALFORMED: usize = 4;

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
