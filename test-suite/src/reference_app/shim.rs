//! The recording shim around an SDK: it keeps the app's calls until the adapter's next answer.

use parking_lot::Mutex;
use serde_json::{Map, Value};
use standin_contracts::protocol::SdkCommandName;

use crate::adapter::SeenCall;

/// The calls that were seen and not reported yet.
#[derive(Default)]
pub(super) struct Shim(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    last: u64,
    calls: Vec<SeenCall>,
}

/// A call that has not returned.
pub(super) struct Begun {
    id: u64,
    name: SdkCommandName,
    arguments: Map<String, Value>,
}

impl Shim {
    pub(super) fn begin(&self, name: SdkCommandName, arguments: Map<String, Value>) -> Begun {
        let mut noted = self.0.lock();
        noted.last += 1;
        let begun = Begun { id: noted.last, name, arguments };
        noted.calls.push(begun.told(None));
        begun
    }

    /// Records that a call has returned. A call that was reported already is reported again.
    pub(super) fn end(&self, begun: &Begun, success: bool) {
        let mut noted = self.0.lock();
        match noted.calls.iter_mut().find(|call| call.id == Some(begun.id)) {
            Some(call) => call.success = Some(success),
            None => noted.calls.push(begun.told(Some(success))),
        }
    }

    /// Takes the calls since the last report.
    pub(super) fn take(&self) -> Vec<SeenCall> {
        std::mem::take(&mut self.0.lock().calls)
    }
}

impl Begun {
    fn told(&self, success: Option<bool>) -> SeenCall {
        SeenCall { name: self.name, arguments: self.arguments.clone(), success, id: Some(self.id) }
    }
}
