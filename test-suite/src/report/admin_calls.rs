//! Calls of a subject to the mock's admin API. A run doesn't serve it, so they change nothing; they are told all the
//! same, and no run with one passes: whoever steers its judge can't be judged.

use schemars::JsonSchema;
use serde::Serialize;
use standin_contracts::history::{Event, Leg, Request, What};
use standin_mock_server::ADMIN;

/// The most paths that a report names.
const MOST_PATHS: usize = 5;
/// The most characters of a path in a report.
const LONGEST: usize = 80;

/// The calls of a subject to the mock's admin API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AdminCalls {
    /// The number of calls.
    pub times: u64,
    /// The paths that were called, in the order of the first calls: five at most, without their queries.
    pub paths: Vec<String>,
}

impl AdminCalls {
    /// The calls among these events.
    pub(crate) fn of<'e>(events: impl IntoIterator<Item = &'e Event>) -> Self {
        let mut calls = Self::default();
        for event in events {
            if let What::Request(request) = &event.event
                && let Some(path) = admin_path(request)
            {
                calls.times += 1;
                calls.note(path);
            }
        }
        calls
    }

    /// Adds further calls.
    pub(crate) fn add(&mut self, other: Self) {
        self.times += other.times;
        other.paths.into_iter().for_each(|path| self.note(path));
    }

    fn note(&mut self, path: String) {
        if self.paths.len() < MOST_PATHS && !self.paths.contains(&path) {
            self.paths.push(path);
        }
    }

    /// The calls in words; `None` if there are none.
    pub fn words(&self) -> Option<String> {
        let times = match self.times {
            0 => return None,
            1 => "once".to_owned(),
            several => format!("{several} times"),
        };
        let paths = self.paths.join(", ");
        Some(format!("the subject called the mock's admin API, {paths}, {times}: it is not served during a run"))
    }
}

/// The path of a call to the admin API; `None` for every other request. What an app asks of its own backend is none,
/// whatever its path.
fn admin_path(request: &Request) -> Option<String> {
    let is_of_subject = matches!(request.leg, Leg::BackendToVendor | Leg::SdkToVendor | Leg::BackendToOtherOrigin);
    let path = request.target.split('?').next().unwrap_or_default();
    let is_admin = path.strip_prefix(ADMIN).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    // A vendor may have an operation of that name.
    (is_of_subject && is_admin && request.operation.is_none()).then(|| path.chars().take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use standin_contracts::protocol::Timestamp;

    use super::*;

    fn asked(leg: Leg, target: &str) -> Event {
        let request = serde_json::json!({
            "exchange": 1, "leg": leg, "method": "POST", "target": target, "headers": [],
        });
        let request: Request = serde_json::from_value(request).expect("a request");
        let event = What::Request(Arc::new(request));
        Event { seq: 1, at: Timestamp::from_millis(0), mono_us: 0, event }
    }

    fn words(asked: &[Event]) -> Option<String> {
        AdminCalls::of(asked).words()
    }

    #[test]
    fn calls_are_told_with_their_paths() {
        let faults = "/__admin/sandboxes/default/faults";
        let calls = [asked(Leg::BackendToVendor, faults), asked(Leg::SdkToVendor, &format!("{faults}?a=1"))];
        let told = "the subject called the mock's admin API, /__admin/sandboxes/default/faults, 2 times: it is not served during a run";
        assert_eq!(words(&calls).as_deref(), Some(told));
        let once = words(&[asked(Leg::BackendToOtherOrigin, "/__admin")]);
        assert!(once.is_some_and(|words| words.contains("/__admin, once")));
    }

    #[test]
    fn other_requests_are_none() {
        let others = [
            asked(Leg::AppToBackend, "/__admin/users"),
            asked(Leg::HarnessToBackend, "/__admin/users"),
            asked(Leg::VendorToBackend, "/__admin/hook"),
            asked(Leg::BackendToVendor, "/__administer"),
            asked(Leg::BackendToVendor, "/users?next=/__admin"),
        ];
        assert_eq!(words(&others), None);
    }

    #[test]
    fn many_paths_are_counted_and_few_are_named() {
        let calls: Vec<Event> = (0..50)
            .map(|number| asked(Leg::BackendToVendor, &format!("/__admin/{number}{}", "x".repeat(500))))
            .collect();
        let mut told = AdminCalls::of(&calls);
        told.add(AdminCalls::of(&calls));
        assert_eq!((told.times, told.paths.len()), (100, MOST_PATHS));
        assert!(told.paths.iter().all(|path| path.len() <= LONGEST));
    }
}
