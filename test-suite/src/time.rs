//! The time that a subject lives by: the sandbox's if it is in this program, else the real one.

use std::sync::Arc;

use standin_contracts::protocol::Millis;
use standin_mock_server::Sandbox;

use crate::driver::Launch;
use crate::reference::{Serving, VirtualClock};

/// The time that a subject lives by.
#[derive(Clone)]
pub(crate) enum Time {
    /// A process of its own: nobody moves its clock.
    Real,
    Virtual(Arc<VirtualClock>),
}

impl Time {
    /// The time of a subject that is launched so.
    pub(crate) fn of(launch: &Launch, sandbox: &Sandbox) -> Self {
        if launch.is_virtual() { Self::Virtual(VirtualClock::new(sandbox.clone())) } else { Self::Real }
    }

    /// True if waiting costs no real time.
    pub(crate) fn is_virtual(&self) -> bool {
        matches!(self, Self::Virtual(_))
    }

    /// Serves an app, and moves the clock on where only time can bring it about.
    pub(crate) async fn serve<T>(&self, work: impl Future<Output = T>) -> T {
        match self {
            Self::Real => work.await,
            Self::Virtual(clock) => {
                let _serving = clock.serve();
                moved(clock, work).await
            }
        }
    }

    /// Keeps the clock from moving as long as what is returned is there: the harness itself is at work.
    pub(crate) fn stand_still(&self) -> Option<Serving<'_>> {
        match self {
            Self::Real => None,
            Self::Virtual(clock) => Some(clock.serve()),
        }
    }

    /// Lets so much of the subject's time pass.
    pub(crate) async fn pass(&self, length: Millis) {
        match self {
            Self::Real => tokio::time::sleep(length.into()).await,
            Self::Virtual(clock) => moved(clock, clock.pass(length)).await,
        }
    }
}

async fn moved<T>(clock: &VirtualClock, work: impl Future<Output = T>) -> T {
    tokio::select! {
        biased;
        done = work => done,
        never = clock.move_on() => match never {},
    }
}
