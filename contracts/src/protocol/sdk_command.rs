//! What a subject that embeds an SDK is told to do.

use super::words::words;

words! {
    /// One thing that an SDK, or an app that embeds one, is told to do.
    SdkCommandName, "command" {
        /// The app's process starts, and with it the SDK.
        Launch = "launch",
        /// The app's process dies at once.
        Kill = "kill",
        /// The device's user allows or denies what the SDK may collect.
        Grant = "grant",
        /// The app asks the SDK to create or restore its user.
        CreateUser = "create_user",
        /// The SDK is given something to keep and submit later.
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
        /// The app tells the SDK where pushes reach it.
        PushToken = "push_token",
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
        /// A push arrives at the app.
        ReceivePush = "receive_push",
        /// The app initialises its SDK in one of its processes. Seen inside an app, and never ordered.
        Init = "init",
        /// The app asks the device's user for what the SDK may collect. Seen inside an app, and never ordered.
        AskPermissions = "ask_permissions",
    }
}

impl SdkCommandName {
    /// The commands that every adapter of an SDK carries out; all others are capabilities of the same name.
    pub const CORE: &[Self] = &[Self::Launch, Self::Kill, Self::CreateUser];

    /// True for what every adapter of its kind carries out: an app is told by its user who logs in, not to create one.
    pub fn is_core_of(self, an_app: bool) -> bool {
        Self::CORE.contains(&self) && !(an_app && self == Self::CreateUser)
    }

    /// True for what an adapter of this kind is ordered: an app calls its SDK itself, and only tells of it.
    pub const fn is_given_to(self, an_app: bool) -> bool {
        if an_app { !self.is_call_of_sdk() } else { !self.is_for_app() && !self.is_only_seen() }
    }

    /// True for what an app does by itself, and is never ordered.
    pub const fn is_only_seen(self) -> bool {
        matches!(self, Self::Init | Self::AskPermissions)
    }

    /// True for what an app does with its SDK: ordered of an SDK, and seen inside an app.
    const fn is_call_of_sdk(self) -> bool {
        let is_call = matches!(
            self,
            Self::CreateUser
                | Self::StartSync
                | Self::StopSync
                | Self::SetInterval
                | Self::SyncNow
                | Self::ForwardPush
                | Self::PushToken
                | Self::Reset
                | Self::Forget
        );
        is_call || self.is_only_seen()
    }

    /// True for what an app is told as its user would tell it.
    pub const fn is_for_app(self) -> bool {
        matches!(self, Self::Open | Self::StartProcess | Self::LogIn | Self::LogOut | Self::ReceivePush)
    }
}
