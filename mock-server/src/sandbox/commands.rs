//! Commands to an SDK and their results, reported here by the SDK's harness.

use serde_json::{Map, Value};
use standin_contracts::history::{Call, Return, What};

use super::Sandbox;

impl Sandbox {
    /// Records a command that a subject is about to get. Returns the number that its result is recorded with; the
    /// number in `call` is ignored.
    pub fn record_call(&self, call: Call) -> u64 {
        let arguments = self.redacted_map(call.arguments);
        self.with(|state| {
            let number = state.next_call();
            state.append(What::Call(Call { call: number, arguments, ..call }.into()));
            number
        })
    }

    /// Records the result of a command.
    pub fn record_return(&self, returned: Return) {
        let reason = returned.reason.map(|reason| self.redact(&reason));
        let value = self.redacted_map(returned.value);
        self.with(|state| state.append(What::Returned(Return { reason, value, ..returned }.into())));
    }

    fn redacted_map(&self, map: Map<String, Value>) -> Map<String, Value> {
        let mut value = Value::Object(map);
        self.inner.redactor.read().json(&mut value);
        match value {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}
