//! Requests that arrive at the other origin, because a redirect sent them there.

use standin_contracts::contract::{WireRequest, WireResponse};
use standin_contracts::history::{Leg, What};

use super::Sandbox;
use super::record::{self, About};

impl Sandbox {
    /// Records a request to the other origin, and the answer that it gets.
    pub(crate) fn went_to_other_origin(&self, wire: WireRequest, answer: &WireResponse) {
        let leg = Leg::BackendToOtherOrigin;
        let about = About { leg, vendor: None, operation: None, step: None, intent: None };
        let redactor = self.inner.redactor.read();
        let mut request = record::request(&redactor, about, wire);
        let mut response = record::app_response(&redactor, 0, answer, None);
        drop(redactor);
        self.with(|state| {
            request.exchange = state.next_exchange(leg, None);
            response.exchange = request.exchange;
            state.close(request.exchange);
            state.append(What::Request(request.into()));
            state.append(What::Response(response.into()));
        });
    }
}
