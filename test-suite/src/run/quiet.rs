//! A run whose participants are all in this program: on a thread of its own, on a network without sockets, in time that
//! passes only when nothing else can happen. So what happens follows from the seed, and from no machine's load.

use tokio::sync::{mpsc, oneshot};

use super::{Plan, Progress, RunError};
use crate::report::VendorReport;
use crate::sdk::Sdk;
use crate::sdk::cases::quiet_runtime;

impl Plan {
    /// Whether the run is played without sockets.
    pub(super) fn is_quiet(&self) -> bool {
        let backend_is_outside = self.backend.as_ref().is_some_and(|backend| !backend.launch.is_virtual());
        let sdk_is_outside = self.sdk.as_ref().is_some_and(|sdk| !Sdk::is_of_program(&sdk.sdk));
        !self.over_sockets && !backend_is_outside && !sdk_is_outside
    }

    /// Plays the run on its thread. Where the caller gives it up, it ends with its next step.
    pub(super) async fn run_quietly(self, progress: Progress<'_>) -> Result<VendorReport, RunError> {
        let (says, mut said) = mpsc::unbounded_channel();
        let (mut ends, mut ended) = oneshot::channel();
        let runtime = quiet_runtime().map_err(|error| RunError::Play(error.to_string()))?;
        std::thread::spawn(move || {
            let report = runtime.block_on(async {
                // Nobody listens any more once the run is given up.
                let say = |text: &str| drop(says.send(text.to_owned()));
                tokio::select! {
                    biased;
                    () = ends.closed() => None,
                    report = self.run_all(&say) => Some(report),
                }
            });
            if let Some(report) = report {
                // The caller may have given the run up at this very moment.
                let _ = ends.send(report);
            }
        });
        loop {
            tokio::select! {
                biased;
                Some(text) = said.recv() => progress(&text),
                report = &mut ended => {
                    return report.unwrap_or_else(|_| Err(RunError::Play("the harness panicked".to_owned())));
                }
            }
        }
    }
}
