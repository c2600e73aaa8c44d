//! The commands to a subject that embeds an SDK.

use super::words::words;

words! {
    /// A command to an SDK, or to an app that embeds one.
    SdkCommandName, "command" {
        /// The app's process starts, and with it the SDK.
        Launch = "launch",
        /// The app's process dies at once.
        Kill = "kill",
        /// The device's user allows or denies what the SDK may collect.
        Grant = "grant",
        /// The app asks the SDK to create or restore its user.
        CreateUser = "create_user",
        /// The SDK is given an item to keep and submit later.
        Record = "record",
        /// The app asks the SDK to sync from now on.
        StartSync = "start_sync",
        /// The app asks the SDK to stop syncing.
        StopSync = "stop_sync",
        /// The app sets the interval of the SDK's syncs.
        SetInterval = "set_interval",
        /// The app asks the SDK to sync at once.
        SyncNow = "sync_now",
        /// The app hands a push over to the SDK.
        ForwardPush = "forward_push",
        /// The app hands its push token to the SDK.
        PushToken = "push_token",
        /// The app tells the SDK to forget its user on this device.
        Reset = "reset",
        /// The app tells the SDK to have its user erased by the vendor.
        Forget = "forget",
        /// The device goes offline, or online again.
        Network = "network",
        /// The device's clock is set to differ from the true time.
        DeviceClock = "device_clock",
        /// Time passes for the SDK.
        Advance = "advance",
        /// The SDK finishes all work that needs no time to pass.
        Quiesce = "quiesce",
        /// The SDK reports its state. No rule judges the report.
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
        /// The app initialises its SDK in one of its processes. Observed inside an app, and never sent as a command.
        Init = "init",
        /// The app asks the device's user what the SDK may collect.
        /// Observed inside an app, and never sent as a command.
        AskPermissions = "ask_permissions",
    }
}

impl SdkCommandName {
    /// The commands that every adapter of an SDK carries out. All others are capabilities of the same name.
    pub const CORE: &[Self] = &[Self::Launch, Self::Kill, Self::CreateUser];

    /// Whether every adapter of this kind carries out the command. An app is told that its user logs in, and not to
    /// create a user.
    pub fn is_core_of(self, an_app: bool) -> bool {
        Self::CORE.contains(&self) && !(an_app && self == Self::CreateUser)
    }

    /// Whether an adapter of this kind is given the command.
    /// An app calls its SDK by itself, and only reports the calls.
    pub const fn is_given_to(self, an_app: bool) -> bool {
        if an_app { !self.is_call_of_sdk() } else { !self.is_for_app() && !self.is_only_seen() }
    }

    /// Whether an app does this by itself, so that it is never sent as a command.
    pub const fn is_only_seen(self) -> bool {
        matches!(self, Self::Init | Self::AskPermissions)
    }

    /// Whether an app does this with its SDK: a command to an SDK, and an observed call inside an app.
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

    /// Whether the command goes to apps only, and stands for an event such as an action of the user.
    pub const fn is_for_app(self) -> bool {
        matches!(self, Self::Open | Self::StartProcess | Self::LogIn | Self::LogOut | Self::ReceivePush)
    }
}
