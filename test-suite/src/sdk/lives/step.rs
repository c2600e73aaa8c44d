//! What may happen in an app's life.

use standin_contracts::protocol::{CommandName, Millis};
use standin_mock_server::Fault;

/// One of a life's installs, by its place.
pub type Who = usize;

/// One thing that happens. Installs, users and categories are told by their place among those that there are.
#[derive(Debug, Clone, PartialEq)]
pub enum LifeStep {
    /// The app is removed, and installed anew on another device.
    Reinstall(Who),
    /// The app's process dies, and is started again after a while.
    Restart(Who, Millis),
    /// The user allows or denies a category.
    Grant(Who, usize, bool),
    /// The app has a user created or restored, so many times at once.
    Create(Who, usize, usize),
    /// The app has a user created with a credential that it obtained so long ago.
    CreateLate(Who, usize, Millis),
    /// So many items of each category are recorded.
    Record(Who, usize),
    /// The app asks for periodic syncs.
    StartSync(Who),
    /// The app asks for no more syncs.
    StopSync(Who),
    /// The app asks for a sync at once.
    SyncNow(Who),
    /// The app sets the interval.
    SetInterval(Who, Millis),
    /// The vendor's push arrives, so many times.
    Wake(Who, usize),
    /// Somebody else's push is handed over.
    MistakePush(Who),
    /// The app has its user forgotten on the device.
    Reset(Who),
    /// The app has its user erased by the vendor.
    Forget(Who),
    /// The device goes offline, or online again.
    Network(Who, bool),
    /// The device's clock is set off by so many seconds.
    DeviceClock(Who, i64),
    /// The vendor switches the install off.
    SwitchOff(Who),
    /// Time passes.
    Pass(Millis),
    /// The vendor or the line to it will fail.
    Meet(Mishap),
}

/// How the next calls of one step will fail.
#[derive(Debug, Clone, PartialEq)]
pub struct Mishap {
    /// Which calls.
    pub command: CommandName,
    /// How.
    pub fault: Fault,
    /// How many of them.
    pub times: u64,
}
