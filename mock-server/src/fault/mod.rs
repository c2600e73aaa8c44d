//! Faults between a client and the vendor, one file per fault.
//!
//! A fault never reaches the engine: it delays, replaces, truncates or drops a message, before or after the vendor has
//! committed. Each fault is set on an operation. It fires by count, or with a probability that does not depend on how
//! requests interleave.

mod black_hole;
mod captive_portal;
mod drip;
mod hold;
mod latency;
mod pending;
mod placed;
mod redirect;
mod reset_after_commit;
mod reset_before_commit;
mod retry_after;
mod spec;
mod status;
mod throttle;
mod truncated_body;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use standin_contracts::contract::{Contract, Operation, WireResponse};
use standin_contracts::protocol::{Millis, Reply, Timestamp};

pub use black_hole::BlackHole;
pub use captive_portal::CaptivePortal;
pub use drip::Drip;
pub use hold::Hold;
pub use latency::Latency;
pub use pending::Pending;
pub use placed::{FaultId, FaultState};
pub(crate) use placed::{FaultTarget, Faults, Fired, Release};
pub use redirect::Redirect;
pub use reset_after_commit::ResetAfterCommit;
pub use reset_before_commit::ResetBeforeCommit;
pub use retry_after::RetryAfter;
pub use spec::{FaultError, FaultSpec, When};
pub use status::Status;
pub use throttle::Throttle;
pub use truncated_body::TruncatedBody;

/// A fault, chosen by its kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// The vendor answers with a status and does nothing.
    Status(Status),
    /// The answer is delayed.
    Latency(Latency),
    /// No answer arrives.
    BlackHole(BlackHole),
    /// The connection is reset before the vendor processes the request.
    ResetBeforeCommit(ResetBeforeCommit),
    /// The connection is reset after the vendor has processed the request.
    ResetAfterCommit(ResetAfterCommit),
    /// The answer is truncated.
    TruncatedBody(TruncatedBody),
    /// A captive portal's sign-in page answers in the vendor's place.
    CaptivePortal(CaptivePortal),
    /// The vendor refuses the request because of too many calls.
    Throttle(Throttle),
    /// The exchange is parked until it is released.
    Hold(Hold),
    /// The answer arrives byte by byte.
    Drip(Drip),
    /// The vendor redirects the client.
    Redirect(Redirect),
    /// The vendor answers that a result is not ready yet.
    Pending(Pending),
}

/// A point in an exchange, before or after the vendor commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// The vendor has not processed the request yet.
    BeforeCommit,
    /// The vendor has processed the request, and no byte of the answer has been sent.
    AfterCommit,
}

/// The effect of a fault on an exchange.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Act {
    /// This answer is sent, and the request never reaches the engine.
    Answer(WireResponse),
    /// This answer is sent as a known reply of the protocol, and the request never reaches the engine.
    Reply(Box<Reply>, WireResponse),
    /// The answer is delayed by this much sandbox time.
    Delay(Millis),
    /// The exchange waits until it is released.
    Hold(Moment),
    Reset(Moment),
    /// The exchange waits until its client disconnects, and the request never reaches the engine.
    BlackHole,
    /// The answer is sent one byte at a time, with this pause in between.
    Drip(Millis),
    /// The body is truncated.
    Cut {
        /// The number of bytes that are sent. None: half of the body.
        keep: Option<usize>,
    },
}

/// The input for a fault that answers in the vendor's place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'s> {
    pub(crate) contract: &'s Contract,
    pub(crate) operation: &'s Operation,
    pub(crate) now: Timestamp,
}

/// The behaviour that all kinds of faults share.
trait Behaviour {
    /// The fault as histories word it.
    fn words(&self) -> String;
    fn act(&self, scene: &Scene<'_>) -> Act;
    /// An error message, if a value in the fault is out of range.
    fn wrong(&self) -> Option<String> {
        None
    }
}

impl Fault {
    /// All kinds, in the order of the documentation.
    pub const KINDS: &[&str] = &[
        "status",
        "latency",
        "black_hole",
        "reset_before_commit",
        "reset_after_commit",
        "truncated_body",
        "captive_portal",
        "throttle",
        "hold",
        "drip",
        "redirect",
        "pending",
    ];

    /// The kind's name in a spec.
    pub fn kind(&self) -> &'static str {
        let place = match self {
            Self::Status(_) => 0,
            Self::Latency(_) => 1,
            Self::BlackHole(_) => 2,
            Self::ResetBeforeCommit(_) => 3,
            Self::ResetAfterCommit(_) => 4,
            Self::TruncatedBody(_) => 5,
            Self::CaptivePortal(_) => 6,
            Self::Throttle(_) => 7,
            Self::Hold(_) => 8,
            Self::Drip(_) => 9,
            Self::Redirect(_) => 10,
            Self::Pending(_) => 11,
        };
        Self::KINDS[place]
    }

    /// The fault as histories word it.
    pub fn words(&self) -> String {
        self.behaviour().words()
    }

    pub(crate) fn act(&self, scene: &Scene<'_>) -> Act {
        self.behaviour().act(scene)
    }

    fn wrong(&self) -> Option<String> {
        self.behaviour().wrong()
    }

    fn behaviour(&self) -> &dyn Behaviour {
        match self {
            Self::Status(fault) => fault,
            Self::Latency(fault) => fault,
            Self::BlackHole(fault) => fault,
            Self::ResetBeforeCommit(fault) => fault,
            Self::ResetAfterCommit(fault) => fault,
            Self::TruncatedBody(fault) => fault,
            Self::CaptivePortal(fault) => fault,
            Self::Throttle(fault) => fault,
            Self::Hold(fault) => fault,
            Self::Drip(fault) => fault,
            Self::Redirect(fault) => fault,
            Self::Pending(fault) => fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_file_of_its_name() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fault");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".rs").map(str::to_owned))
            .filter(|name| !["mod", "placed", "retry_after", "spec"].contains(&name.as_str()))
            .collect();
        files.sort();
        let mut kinds = Fault::KINDS.to_vec();
        kinds.sort_unstable();
        assert_eq!(files, kinds);
    }

    #[test]
    fn every_kind_is_read_by_its_own_word() {
        for kind in Fault::KINDS {
            let text = match *kind {
                "status" => r#"{"kind":"status","status":500}"#.to_owned(),
                "latency" => r#"{"kind":"latency","for":"2s"}"#.to_owned(),
                "hold" => r#"{"kind":"hold","at":"before_commit"}"#.to_owned(),
                "redirect" => r#"{"kind":"redirect","status":307,"to":"http://127.0.0.1:9000/"}"#.to_owned(),
                plain => format!(r#"{{"kind":"{plain}"}}"#),
            };
            let fault: Fault = serde_json::from_str(&text).unwrap();
            assert_eq!(fault.kind(), *kind);
        }
    }

    #[test]
    fn a_member_that_no_fault_has_is_refused() {
        assert!(serde_json::from_str::<Fault>(r#"{"kind":"black_hole","for":"2s"}"#).is_err());
        assert!(serde_json::from_str::<Fault>(r#"{"kind":"status","status":500,"body":""}"#).is_err());
    }
}
