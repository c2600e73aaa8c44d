//! The connection between the core and the wire: it encodes requests with the contract's codec and decodes answers.

use std::sync::Arc;

use reqwest::Certificate;
use reqwest::redirect::Policy;
use standin_contracts::codec::ClientKeys;
use standin_contracts::contract::{Contract, Operation, Secrets, WireRequest, WireResponse};
use standin_contracts::protocol::{Millis, ReplyName, Timestamp};
use standin_mock_server::DirectLine;

use super::behaviour::SdkBehaviour;
use super::message::{Request, RetryAfter, VendorAnswer};
use crate::adapter::{AdapterError, Setup};
use crate::reference::exchange;

const USER_AGENT: &str = concat!("standin-reference-sdk/", env!("CARGO_PKG_VERSION"));

/// The connection of one install to its vendor.
pub(super) struct Line {
    behaviour: Arc<dyn SdkBehaviour>,
    way: Way,
    url: String,
    keys: ClientKeys,
    secrets: Secrets,
}

enum Way {
    Http(reqwest::Client),
    Direct(DirectLine),
}

impl Line {
    pub(super) fn new(
        behaviour: Arc<dyn SdkBehaviour>,
        setup: &Setup,
        direct: Option<DirectLine>,
    ) -> Result<Self, AdapterError> {
        let way = match direct.filter(|line| line.leads_to(&setup.base_url)) {
            Some(line) => Way::Direct(line),
            None => Way::Http(client(setup, &*behaviour).map_err(|error| AdapterError::Gone(error.to_string()))?),
        };
        let keys = ClientKeys { client: Some(setup.client_key.clone()), ..ClientKeys::default() };
        let secrets = Secrets { sdk_constant: setup.sdk_secret.clone(), ..Secrets::default() };
        Ok(Self { behaviour, way, url: setup.base_url.clone(), keys, secrets })
    }

    /// Sends a request. None if no complete answer came. A request that can't be encoded counts as refused.
    pub(super) async fn ask(&self, contract: &Contract, request: &Request, time: Timestamp) -> Option<VendorAnswer> {
        let keys = ClientKeys { session: request.session.clone(), ..self.keys.clone() };
        let encoded = contract.encode_request(request.command, &request.fields, &keys, &self.secrets, time);
        let Ok((operation, mut wire)) = encoded else {
            return Some(VendorAnswer { status: 400, replies: vec![ReplyName::Malformed], ..VendorAnswer::default() });
        };
        self.behaviour.edit_request(contract, request, &mut wire);
        let response = self.send(&wire).await?;
        Some(answer(contract, operation, &response, time))
    }

    async fn send(&self, wire: &WireRequest) -> Option<WireResponse> {
        match &self.way {
            Way::Http(http) => exchange(http, &format!("{}{}", self.url, wire.target), wire, |_| {}).await,
            Way::Direct(line) => self.straight(line, signed(wire)).await,
        }
    }

    /// Sends a request directly to the mock. Of an HTTP client's other work, it only follows redirects, if the
    /// behaviour does.
    async fn straight(&self, line: &DirectLine, wire: WireRequest) -> Option<WireResponse> {
        let answer = line.ask_at(&self.url, &wire, |_| {}).await?;
        let is_led_away = (300..400).contains(&answer.status) && answer.header("location").is_some();
        let follows = is_led_away && self.behaviour.follows_redirects();
        Some(if follows { line.ask_other_origin(WireRequest { target: "/".to_owned(), ..wire }) } else { answer })
    }
}

/// Adds the SDK's user agent, as an HTTP client does.
fn signed(wire: &WireRequest) -> WireRequest {
    let mut wire = wire.clone();
    if wire.header("user-agent").is_none() {
        wire.headers.push(("user-agent".to_owned(), USER_AGENT.to_owned()));
    }
    wire
}

/// A client that trusts only the authority of the setup. The mock speaks plain HTTP, or has a certificate of that
/// authority.
fn client(setup: &Setup, behaviour: &dyn SdkBehaviour) -> Result<reqwest::Client, reqwest::Error> {
    let authority = setup.ca.as_ref().map(|ca| Certificate::from_pem(ca.as_bytes())).transpose()?;
    let redirects = if behaviour.follows_redirects() { Policy::default() } else { Policy::none() };
    let http = reqwest::Client::builder().redirect(redirects).no_proxy().user_agent(USER_AGENT);
    http.tls_certs_only(authority).tls_danger_accept_invalid_certs(behaviour.trusts_anybody()).build()
}

fn answer(contract: &Contract, operation: &Operation, response: &WireResponse, time: Timestamp) -> VendorAnswer {
    let retry_after = response.header("retry-after").map(|said| retry_after(said, response, time));
    let heard = contract.decode_reply(operation, response);
    let (replies, fields) = heard.map(|heard| (heard.replies, heard.fields)).unwrap_or_default();
    VendorAnswer { status: response.status, replies, fields, retry_after }
}

/// A date is read relative to the answer's own date, if it has one, since the device's clock may be wrong.
fn retry_after(said: &str, response: &WireResponse, time: Timestamp) -> RetryAfter {
    let said = said.trim();
    if let Ok(seconds) = said.parse() {
        return RetryAfter::Seconds(Millis::from_secs(seconds));
    }
    let from = response.header("date").and_then(|date| Timestamp::from_http_date(date).ok()).unwrap_or(time);
    Timestamp::from_http_date(said).map_or(RetryAfter::Nonsense, |moment| RetryAfter::Date(moment.since(from)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms_and_a_date_by_the_vendors_clock() {
        let headers = vec![("date".to_owned(), "Fri, 20 Nov 2026 09:00:00 GMT".to_owned())];
        let response = WireResponse { headers, ..WireResponse::default() };
        let read = |said: &str| retry_after(said, &response, Timestamp::from_millis(0));
        assert_eq!(read("7"), RetryAfter::Seconds(Millis::from_secs(7)));
        assert_eq!(read("Fri, 20 Nov 2026 09:00:30 GMT"), RetryAfter::Date(Millis::from_secs(30)));
        for nonsense in ["-5", "soon", "", "1.5"] {
            assert_eq!(read(nonsense), RetryAfter::Nonsense, "{nonsense}");
        }
    }
}
