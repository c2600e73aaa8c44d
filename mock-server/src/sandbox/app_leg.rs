//! Exchanges of an app with its own backend, which the harness makes and reports here.

use standin_contracts::contract::{WireRequest, WireResponse};
use standin_contracts::history::{AppIntent, AppOutcome, Leg, What};

use super::Sandbox;
use super::record::{self, About};

impl Sandbox {
    /// Records a request that the app is about to send to its backend. Returns the exchange's number, which the answer
    /// is recorded with.
    pub fn record_app_request(&self, wire: &WireRequest, intent: AppIntent) -> u64 {
        self.record_to_backend(Leg::AppToBackend, wire, intent)
    }

    /// Records that the harness is about to read a user's state from the backend. Returns the exchange's number, which
    /// the answer is recorded with.
    pub fn record_look(&self, wire: &WireRequest, intent: AppIntent) -> u64 {
        self.record_to_backend(Leg::HarnessToBackend, wire, intent)
    }

    fn record_to_backend(&self, leg: Leg, wire: &WireRequest, intent: AppIntent) -> u64 {
        let about = About { leg, vendor: None, operation: None, step: None, intent: Some(intent) };
        let mut request = record::request(&self.inner.redactor.read(), about, wire.clone());
        self.with(|state| {
            let exchange = state.next_exchange(leg, None);
            request.exchange = exchange;
            state.append(What::Request(request.into()));
            exchange
        })
    }

    /// Records the backend's answer to its app, and what the harness read from it.
    pub fn record_app_response(&self, exchange: u64, wire: &WireResponse, outcome: Option<AppOutcome>) {
        let response = record::app_response(&self.inner.redactor.read(), exchange, wire, outcome);
        self.with(|state| {
            state.close(exchange);
            state.append(What::Response(response.into()));
        });
    }

    /// Records that the app got no complete answer.
    pub fn record_app_failure(&self, exchange: u64, why: &str) {
        self.with(|state| {
            state.close(exchange);
            state.append(What::SendFailed { exchange, why: why.to_owned(), unreached: false });
        });
    }
}
