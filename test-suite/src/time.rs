//! The clock of a subject: the sandbox's if the subject runs in this program, else the real one.

use std::sync::Arc;

use standin_contracts::protocol::Millis;
use standin_mock_server::Sandbox;

use crate::driver::Launch;
use crate::reference::{Serving, VirtualClock};

/// The clock of a subject.
#[derive(Clone)]
pub(crate) enum Time {
    /// The clock of a separate process, which nothing can move.
    Real,
    Virtual(Arc<VirtualClock>),
}

impl Time {
    /// The clock of a subject that is launched in this way.
    pub(crate) fn of(launch: &Launch, sandbox: &Sandbox) -> Self {
        if launch.is_virtual() { Self::Virtual(VirtualClock::new(sandbox.clone())) } else { Self::Real }
    }

    /// Whether waiting costs no real time.
    pub(crate) fn is_virtual(&self) -> bool {
        matches!(self, Self::Virtual(_))
    }

    /// Waits for an app's request, and moves the clock on where only time can complete it.
    pub(crate) async fn serve<T>(&self, work: impl Future<Output = T>) -> T {
        match self {
            Self::Real => work.await,
            Self::Virtual(clock) => {
                let _serving = clock.serve();
                moved(clock, work).await
            }
        }
    }

    /// Keeps the clock from moving while the returned guard exists: the harness itself is at work.
    pub(crate) fn stand_still(&self) -> Option<Serving<'_>> {
        match self {
            Self::Real => None,
            Self::Virtual(clock) => Some(clock.serve()),
        }
    }

    /// Lets this much of the subject's time pass.
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
