//! The calls from an app to its SDK, as its adapter reports them.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde_json::Map;
use standin_contracts::history::{Call, Return};
use standin_mock_server::Sandbox;

use crate::adapter::SeenCall;

/// Records the calls of one install's app.
pub(super) struct CallRecorder {
    install: String,
    sandbox: Sandbox,
    user: Mutex<Option<String>>,
    /// The calls that had not returned when they were reported: the shim's numbers to those of the history.
    open: Mutex<BTreeMap<u64, u64>>,
}

impl CallRecorder {
    pub(super) fn new(install: String, sandbox: Sandbox) -> Self {
        Self { install, sandbox, user: Mutex::default(), open: Mutex::default() }
    }

    /// Sets the user of the app: its calls from now on are for that user.
    pub(super) fn is_for(&self, user: Option<String>) {
        *self.user.lock() = user;
    }

    pub(super) fn user(&self) -> Option<String> {
        self.user.lock().clone()
    }

    /// Records calls, and the returns of calls that were reported before.
    pub(super) fn record(&self, calls: &[SeenCall]) {
        let mut open = self.open.lock();
        for seen in calls {
            let known = seen.id.and_then(|id| open.remove(&id));
            let call = known.unwrap_or_else(|| self.record_call(seen));
            match (seen.success, seen.id) {
                (Some(success), _) => {
                    self.sandbox.record_return(Return { call, success, reason: None, value: Map::new() });
                }
                (None, Some(id)) => {
                    open.insert(id, call);
                }
                (None, None) => {}
            }
        }
    }

    fn record_call(&self, seen: &SeenCall) -> u64 {
        self.sandbox.record_call(Call {
            call: 0,
            install: self.install.clone(),
            name: seen.name,
            arguments: seen.arguments.clone(),
            user: self.user(),
            by_app: true,
        })
    }
}

#[cfg(test)]
mod tests {
    use standin_contracts::contract::builtin;
    use standin_contracts::history::What;
    use standin_contracts::protocol::SdkCommandName;
    use standin_mock_server::{MockConfig, MockServer};

    use super::*;

    fn call(success: Option<bool>, id: Option<u64>) -> SeenCall {
        SeenCall { name: SdkCommandName::CreateUser, arguments: Map::new(), success, id }
    }

    /// The recorded calls of some reports: each call by its number, and each return with whether it was a success.
    async fn recorded(answers: &[Vec<SeenCall>]) -> Vec<(u64, Option<bool>)> {
        let contract = builtin("sentiance").expect("a vendor").expect("a contract");
        let server = MockServer::start(MockConfig::new(vec![contract.into()])).await.expect("a server");
        let seen = CallRecorder::new("phone".to_owned(), server.sandbox());
        for calls in answers {
            seen.record(calls);
        }
        let events = server.sandbox().history_after(0, usize::MAX);
        let told = events.iter().filter_map(|event| match &event.event {
            What::Call(call) if call.by_app => Some((call.call, None)),
            What::Returned(told) => Some((told.call, Some(told.success))),
            _ => None,
        });
        told.collect()
    }

    #[tokio::test]
    async fn a_call_returns_where_it_is_told_that_it_did() {
        let answers = [vec![call(Some(true), None), call(Some(false), Some(3))]];
        assert_eq!(recorded(&answers).await, [(1, None), (1, Some(true)), (2, None), (2, Some(false))]);
    }

    #[tokio::test]
    async fn one_that_is_told_again_under_its_number_is_no_other() {
        let answers = [vec![call(None, Some(7))], vec![call(Some(true), Some(8)), call(Some(false), Some(7))]];
        let expected = [(1, None), (2, None), (2, Some(true)), (1, Some(false))];
        assert_eq!(recorded(&answers).await, expected);
    }

    #[tokio::test]
    async fn one_without_a_number_stays_open() {
        let answers = [vec![call(None, None)], vec![call(Some(true), None)]];
        assert_eq!(recorded(&answers).await, [(1, None), (2, None), (2, Some(true))]);
    }
}
