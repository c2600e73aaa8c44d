//! What a subject that embeds an SDK is told to do.

use super::words::words;

words! {
    /// One thing that an SDK, or an app that embeds one, is told to do.
    OrderName, "order" {
        /// The app's process starts, and with it the SDK.
        Launch = "launch",
        /// The app's process dies at once.
        Kill = "kill",
        /// The device's user allows or denies what the SDK may collect.
        Grant = "grant",
        /// The app asks the SDK to create or restore its user.
        CreateUser = "create_user",
        /// The SDK is given something to keep and bring later.
        Record = "record",
        /// The app asks the SDK to sync from now on.
        StartSync = "start_sync",
        /// The app asks the SDK to sync no more.
        StopSync = "stop_sync",
        /// The app sets how often the SDK syncs.
        SetInterval = "set_interval",
        /// The app asks the SDK to sync at once.
        SyncNow = "sync_now",
        /// The app hands a push over to the SDK.
        ForwardPush = "forward_push",
        /// The app tells the SDK to forget its user on this device.
        Reset = "reset",
        /// The app tells the SDK to have its user erased by the vendor.
        Forget = "forget",
        /// The device goes offline, or online again.
        Network = "network",
        /// The device's clock is set off the true time.
        DeviceClock = "device_clock",
        /// Time passes for the SDK.
        Advance = "advance",
        /// The SDK finishes what it can do without time passing.
        Quiesce = "quiesce",
        /// The SDK tells of itself; nothing is judged by it.
        State = "state",
        /// The user opens the app.
        Open = "open",
        /// A further process of the app starts.
        StartProcess = "start_process",
        /// The user logs in to the app.
        LogIn = "log_in",
        /// The user logs out of the app.
        LogOut = "log_out",
        /// An app readies its SDK in one of its processes. Nobody orders this: a shim tells it.
        Init = "init",
        /// An app asks its user for permissions. Nobody orders this: a shim tells it.
        AskPermissions = "ask_permissions",
        /// A push arrives at the app.
        ReceivePush = "receive_push",
    }
}

impl OrderName {
    /// The orders that every adapter of an SDK carries out; all others are capabilities of the same name.
    pub const CORE: &[Self] = &[Self::Launch, Self::Kill, Self::CreateUser];

    /// True for what every adapter of its kind carries out: an app is told by its user who logs in, not to create one.
    pub fn is_core_of(self, an_app: bool) -> bool {
        Self::CORE.contains(&self) && !(an_app && self == Self::CreateUser)
    }

    /// True for what an app tells its SDK: nobody orders it of an app, and as a capability it says that a shim tells it.
    pub const fn is_seen_in_app(self) -> bool {
        use OrderName as O;
        matches!(self, O::CreateUser | O::StartSync | O::StopSync | O::SyncNow | O::SetInterval)
            || matches!(self, O::ForwardPush | O::Reset | O::Forget | O::Init | O::AskPermissions)
    }

    /// True for what an app is told as its user would tell it.
    pub const fn is_for_app(self) -> bool {
        matches!(self, Self::Open | Self::StartProcess | Self::LogIn | Self::LogOut | Self::ReceivePush)
    }
}
