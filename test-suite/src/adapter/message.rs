//! The messages of the adapter protocol.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use standin_contracts::protocol::{SdkCommandName, Timestamp};

/// Description of an adapter: the answer to `GET /`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct About {
    /// Name of the SDK or app.
    pub name: String,
    /// Version of the SDK or app.
    #[serde(default)]
    pub version: Option<String>,
    /// Kind of subject.
    pub kind: Kind,
    /// Optional commands by name, and any of `storage:same`, `storage:clone`, `retry` and `ca`.
    #[serde(default)]
    pub capabilities: Vec<String>,
}

/// Kind of subject that the adapter drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An SDK; Standin acts as the app.
    Sdk,
    /// An app that embeds an SDK. Standin acts as its user, and the adapter reports the SDK calls that a recording
    /// shim saw.
    App,
}

/// Description of a new install: the body of `POST /`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Setup {
    /// Label of the install, such as `phone`.
    pub install: String,
    /// Vendor whose protocol the install speaks.
    pub vendor: String,
    /// Base URL of the vendor, without a trailing slash.
    pub base_url: String,
    /// Base URL of the app's own client backend, without a trailing slash. Absent for an SDK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend_url: Option<String>,
    /// Client key that is shipped with the app, for vendors that have one.
    pub client_key: String,
    /// Id of the app.
    pub app_id: String,
    /// Secret compiled into the vendor's SDK. Requests prove with it that they come from the SDK, where the vendor
    /// asks for that.
    pub sdk_secret: String,
    /// Device of the install.
    pub device: Device,
    /// Storage that the install finds on the device.
    pub storage: Storage,
    /// Current time of the device. An SDK without a clock of its own uses the real time.
    pub now: Timestamp,
    /// Waits between retries, for adapters that claim `retry`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Certificate authority to trust, as PEM, for adapters that claim `ca`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
}

/// Device of an install.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Device {
    /// Id of the device.
    pub id: String,
    /// Kind of the device: `phone` or `tablet`.
    pub kind: String,
    /// Platform of the device: `ios` or `android`.
    pub platform: String,
}

/// Storage that a new install finds on the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Storage {
    /// Empty storage: the app was never installed, or was removed.
    New,
    /// Everything that an earlier install stored: the app was updated, or its process started again.
    Same {
        /// Label of the earlier install.
        of: String,
    },
    /// A copy of another install's storage: a backup that was restored on a second device.
    Clone {
        /// Label of the other install.
        of: String,
    },
}

/// Waits between retries of a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Retry {
    /// First wait, in milliseconds. Each further wait is about twice as long as the one before.
    pub base_ms: u64,
    /// Longest wait, in milliseconds.
    pub cap_ms: u64,
}

/// One command: the body of a `POST` to an install.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum SdkCommand {
    /// Starts the app's process.
    Launch {},
    /// Kills the app's process at once. What is not stored is lost.
    Kill {},
    /// Sets which categories of data the device's user allows or denies.
    Grant {
        /// Decision for each category: `true` if it is allowed.
        permissions: BTreeMap<String, bool>,
    },
    /// Asks the SDK for the app's user.
    CreateUser {
        /// Credential from the client backend, for vendors that issue credentials.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credential: Option<String>,
        /// The client company's own id of the user, for vendors whose SDK takes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_id: Option<String>,
    },
    /// Records one item.
    Record {
        /// Id of the item, which identifies it on the wire.
        id: String,
        /// Category of the item's data.
        category: String,
    },
    /// Starts periodic syncs.
    StartSync {},
    /// Stops syncs.
    StopSync {},
    /// Sets the interval between syncs.
    SetInterval {
        /// Interval in seconds.
        seconds: u64,
    },
    /// Syncs at once.
    SyncNow {},
    /// Hands a push over to the SDK.
    ForwardPush {
        /// Data of the push.
        payload: Map<String, Value>,
    },
    /// Sets the token under which pushes reach the app.
    PushToken {
        /// Token of the push service.
        token: String,
    },
    /// Forgets the user on this device.
    Reset {},
    /// Has the vendor erase the user.
    Forget {},
    /// Turns the device's network on or off.
    Network {
        /// Whether the device has a network.
        online: bool,
    },
    /// Sets the device's clock.
    DeviceClock {
        /// Offset of the device's clock from the true time, in milliseconds.
        offset_ms: i64,
    },
    /// Advances the SDK's clock. `next_timer_ms` in the result is the time until the SDK's next timer, in
    /// milliseconds, if it has one.
    Advance {
        /// Length of time to advance, in milliseconds.
        by_ms: u64,
    },
    /// Waits until nothing is left that can be done without time passing.
    Quiesce {},
    /// Returns the SDK's own description of its state.
    State {},
    /// Opens the app, as its user does.
    Open {},
    /// Starts a further process of the app, beside its main process or without it.
    StartProcess {},
    /// Logs a user in to the app.
    LogIn {
        /// Value of the `Authorization` header by which the client backend knows the user.
        authorization: String,
        /// The client company's own id of the user, for vendors whose SDK takes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_id: Option<String>,
        /// E-mail address that the user types in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<String>,
    },
    /// Logs the user out of the app.
    LogOut {},
    /// Delivers a push to the app.
    ReceivePush {
        /// Data of the push.
        payload: Map<String, Value>,
    },
}

/// Result of a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum CommandResult {
    /// The command was carried out.
    Done {
        /// Values by name: `accepted` for `record`, `next_timer_ms` for `advance`, `user_id` for `create_user`.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        value: Map<String, Value>,
        /// SDK calls that the app made, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        calls: Vec<SeenCall>,
    },
    /// The SDK or app reports that the command failed.
    Failed {
        /// Reason in the SDK's or app's own words.
        reason: String,
        /// SDK calls that the app made nevertheless, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        calls: Vec<SeenCall>,
    },
    /// The adapter does not know the command.
    Unsupported {},
}

/// Call of an SDK function by an app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeenCall {
    /// Name of the call.
    pub name: SdkCommandName,
    /// Arguments of the call.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub arguments: Map<String, Value>,
    /// Whether the call succeeded; absent while it has not returned.
    #[serde(default)]
    pub success: Option<bool>,
    /// The shim's number for the call. A call that was reported before it returned is reported again under the same
    /// number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
}

impl SdkCommand {
    /// The command's name.
    pub fn name(&self) -> SdkCommandName {
        match self {
            Self::Launch {} => SdkCommandName::Launch,
            Self::Kill {} => SdkCommandName::Kill,
            Self::Grant { .. } => SdkCommandName::Grant,
            Self::CreateUser { .. } => SdkCommandName::CreateUser,
            Self::Record { .. } => SdkCommandName::Record,
            Self::StartSync {} => SdkCommandName::StartSync,
            Self::StopSync {} => SdkCommandName::StopSync,
            Self::SetInterval { .. } => SdkCommandName::SetInterval,
            Self::SyncNow {} => SdkCommandName::SyncNow,
            Self::ForwardPush { .. } => SdkCommandName::ForwardPush,
            Self::PushToken { .. } => SdkCommandName::PushToken,
            Self::Reset {} => SdkCommandName::Reset,
            Self::Forget {} => SdkCommandName::Forget,
            Self::Network { .. } => SdkCommandName::Network,
            Self::DeviceClock { .. } => SdkCommandName::DeviceClock,
            Self::Advance { .. } => SdkCommandName::Advance,
            Self::Quiesce {} => SdkCommandName::Quiesce,
            Self::State {} => SdkCommandName::State,
            Self::Open {} => SdkCommandName::Open,
            Self::StartProcess {} => SdkCommandName::StartProcess,
            Self::LogIn { .. } => SdkCommandName::LogIn,
            Self::LogOut {} => SdkCommandName::LogOut,
            Self::ReceivePush { .. } => SdkCommandName::ReceivePush,
        }
    }
}

impl CommandResult {
    /// A `Done` result without values.
    pub fn done() -> Self {
        Self::Done { value: Map::new(), calls: Vec::new() }
    }

    /// A `Failed` result with this reason.
    pub fn failed(reason: impl Into<String>) -> Self {
        Self::Failed { reason: reason.into(), calls: Vec::new() }
    }

    /// Adds the app's SDK calls to the result.
    pub fn with_calls(mut self, seen: Vec<SeenCall>) -> Self {
        if let Self::Done { calls, .. } | Self::Failed { calls, .. } = &mut self {
            *calls = seen;
        }
        self
    }

    /// The SDK calls that an app made.
    pub fn calls(&self) -> &[SeenCall] {
        match self {
            Self::Done { calls, .. } | Self::Failed { calls, .. } => calls,
            Self::Unsupported {} => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// Fragments that adapter answers often consist of, valid and invalid.
    const SCRAPS: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        "\"",
        ":",
        ",",
        "null",
        "{}",
        "\"result\":",
        "\"done\"",
        "\"failed\"",
        "\"value\":",
        "\"calls\":",
        "\"reason\":",
        "\"kind\":",
        "\"sdk\"",
        "\"name\":",
        "\"capabilities\":",
        "1e999",
        "\\ud800",
    ];

    proptest! {
        /// The fuzz target `adapter_messages` tests the same property.
        #[test]
        fn whatever_an_adapter_says_is_understood_or_called_broken(scraps in vec(select(SCRAPS), 0..20), any in ".*") {
            for text in [scraps.concat(), any] {
                let _ = serde_json::from_str::<About>(&text);
                let _ = serde_json::from_str::<Setup>(&text);
                if let Ok(result) = serde_json::from_str::<CommandResult>(&text) {
                    let written = serde_json::to_string(&result).expect("plain values");
                    prop_assert_eq!(serde_json::from_str::<CommandResult>(&written).expect("what was written"), result);
                }
            }
        }
    }
}
