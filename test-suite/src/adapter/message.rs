//! The messages of the adapter protocol.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use standin_contracts::protocol::{SdkCommandName, Timestamp};

/// What an adapter tells of itself: the answer to `GET /`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct About {
    /// The SDK's name.
    pub name: String,
    /// Its version.
    #[serde(default)]
    pub version: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// What it can do beyond the least: optional commands by name, and `storage:same`, `storage:clone`, `retry`, `ca`.
    #[serde(default)]
    pub capabilities: Vec<String>,
}

/// What is driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An SDK: Standin is the app.
    Sdk,
    /// An app with an SDK in it: Standin is its user, and the adapter tells which calls of the SDK a recording shim saw.
    App,
}

/// An install to be made: the body of `POST /`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Setup {
    /// The install's label, such as `phone`.
    pub install: String,
    /// The vendor whose protocol is to be spoken.
    pub vendor: String,
    /// Where the vendor is reached, without a slash at the end.
    pub base_url: String,
    /// Where an app reaches its own client backend, without a slash at the end; nothing for an SDK alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend_url: Option<String>,
    /// The key inside the app, for vendors that have one.
    pub client_key: String,
    /// The app's id.
    pub app_id: String,
    /// What the vendor's SDK has compiled in, where requests have to prove that they come from it.
    pub sdk_secret: String,
    /// The device.
    pub device: Device,
    /// What is on it already.
    pub storage: Storage,
    /// What time it is there. An SDK without a clock of its own goes by the real one.
    pub now: Timestamp,
    /// How it shall retry, if it can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// The certificate authority to trust, as PEM, if it can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
}

/// The device of an install.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Device {
    /// Its id.
    pub id: String,
    /// `phone` or `tablet`.
    pub kind: String,
    /// `ios` or `android`.
    pub platform: String,
}

/// What is on the device when an install is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Storage {
    /// Nothing: the app was never there, or was removed.
    New,
    /// All that an earlier install left: the app was updated, or its process started again.
    Same {
        /// Which install.
        of: String,
    },
    /// A copy of what another install holds: a backup, put on a second device.
    Clone {
        /// Which install.
        of: String,
    },
}

/// How failed requests are tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Retry {
    /// The first wait, in milliseconds; each further one is about twice the last.
    pub base_ms: u64,
    /// The longest wait, in milliseconds.
    pub cap_ms: u64,
}

/// One order: the body of a `POST` to an install.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum SdkCommand {
    /// The app's process starts.
    Launch {},
    /// The app's process dies at once; what is not stored is lost.
    Kill {},
    /// The device's user allows or denies categories of data.
    Grant {
        /// Each category with what was decided.
        permissions: BTreeMap<String, bool>,
    },
    /// The app asks for its user.
    CreateUser {
        /// What the client backend obtained, for vendors that issue one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credential: Option<String>,
        /// The company's own id of its user, for vendors whose SDK takes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_id: Option<String>,
    },
    /// Something is recorded.
    Record {
        /// Its id, by which it is known on the wire.
        id: String,
        /// What kind of data it is.
        category: String,
    },
    /// Syncs from now on.
    StartSync {},
    /// Syncs no more.
    StopSync {},
    /// How often to sync.
    SetInterval {
        /// In seconds.
        seconds: u64,
    },
    /// Syncs at once.
    SyncNow {},
    /// A push is handed over.
    ForwardPush {
        /// Its data.
        payload: Map<String, Value>,
    },
    /// Where pushes reach the app.
    PushToken {
        /// The push service's token.
        token: String,
    },
    /// The user is forgotten on this device.
    Reset {},
    /// The user is erased by the vendor.
    Forget {},
    /// The device's network.
    Network {
        /// Whether there is any.
        online: bool,
    },
    /// The device's clock.
    DeviceClock {
        /// How far it is off the true time, in milliseconds.
        offset_ms: i64,
    },
    /// Time passes; the answer's `next_timer_ms` tells in how many milliseconds the SDK wants to wake next, if it does.
    Advance {
        /// How much, in milliseconds.
        by_ms: u64,
    },
    /// Whatever can be done without time passing is done.
    Quiesce {},
    /// The SDK tells of itself.
    State {},
    /// The user opens the app.
    Open {},
    /// A further process of the app starts, beside its main one or without it.
    StartProcess {},
    /// The user logs in.
    LogIn {
        /// With which header field, as the client backend knows it.
        authorization: String,
        /// The company's own id of the user, for vendors whose SDK takes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user_id: Option<String>,
        /// The address that the user types in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        email: Option<String>,
    },
    /// The user logs out.
    LogOut {},
    /// A push arrives.
    ReceivePush {
        /// Its data.
        payload: Map<String, Value>,
    },
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum CommandResult {
    /// It was done.
    Done {
        /// What the SDK told: `accepted` of a record, `next_timer_ms` of an advance, `user_id` of a created user.
        #[serde(default, skip_serializing_if = "Map::is_empty")]
        value: Map<String, Value>,
        /// The calls of the SDK that an app made, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        calls: Vec<SeenCall>,
    },
    /// The SDK, or the app, says that it could not be done.
    Failed {
        /// Its own word for why.
        reason: String,
        /// The calls of the SDK that an app made all the same, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        calls: Vec<SeenCall>,
    },
    /// The adapter doesn't know the command.
    Unsupported {},
}

/// A call of an SDK that an app made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeenCall {
    /// Which.
    pub name: SdkCommandName,
    /// With what.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub arguments: Map<String, Value>,
    /// Whether it succeeded; nothing if it has not returned.
    #[serde(default)]
    pub success: Option<bool>,
    /// The shim's own number for it: a call that was told before it had returned is told again under this number.
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
    /// Done, with nothing to tell.
    pub fn done() -> Self {
        Self::Done { value: Map::new(), calls: Vec::new() }
    }

    /// Not done, for this reason.
    pub fn failed(reason: impl Into<String>) -> Self {
        Self::Failed { reason: reason.into(), calls: Vec::new() }
    }

    /// The same with these calls of the SDK.
    pub fn with_calls(mut self, seen: Vec<SeenCall>) -> Self {
        if let Self::Done { calls, .. } | Self::Failed { calls, .. } = &mut self {
            *calls = seen;
        }
        self
    }

    /// The calls of the SDK that an app made.
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

    /// What answers are often made of, in and out of place.
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
        /// The fuzz target `adapter_messages` holds the same.
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
