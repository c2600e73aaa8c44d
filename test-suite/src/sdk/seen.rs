//! What an app was seen to tell its SDK, as its adapter tells it.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde_json::Map;
use standin_contracts::history::{Call, Return};
use standin_mock_server::Sandbox;

use crate::adapter::SeenCall;

/// Records the calls of one install's app.
pub(super) struct Seen {
    install: String,
    sandbox: Sandbox,
    /// Who uses the app.
    user: Mutex<Option<String>>,
    /// The calls that had not returned when they were told, by the shim's numbers, with ours.
    open: Mutex<BTreeMap<u64, u64>>,
}

impl Seen {
    pub(super) fn new(install: String, sandbox: Sandbox) -> Self {
        Self { install, sandbox, user: Mutex::default(), open: Mutex::default() }
    }

    /// Whoever uses the app from now on: what it tells its SDK is for that user.
    pub(super) fn is_for(&self, user: Option<String>) {
        *self.user.lock() = user;
    }

    /// Who uses the app.
    pub(super) fn user(&self) -> Option<String> {
        self.user.lock().clone()
    }

    /// Records calls, and the returns of those that were told before.
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
