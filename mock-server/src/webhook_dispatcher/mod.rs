//! The webhook dispatcher: delivers the batches in a vendor's outbox to the client backend's receiver, as sandbox time
//! passes.

mod attempt;

use std::time::Duration;

use http::Uri;
use standin_contracts::history::{Credentials, Delivery};
use tokio::task::AbortHandle;

pub(crate) use attempt::Way;
use attempt::send;
pub use attempt::{Receipt, ReceiverLine, deliver};

use crate::sandbox::{Receiver, Sandbox, WebhookError};

/// The longest wait for a receiver's answer, in real time.
const TIMEOUT: Duration = Duration::from_secs(30);

impl Sandbox {
    /// Sets the receiver of a vendor's webhooks, in place of an earlier one, and begins to deliver queued messages.
    /// Must be called on a tokio runtime.
    pub fn register_receiver(&self, vendor: &str, receiver: Receiver) -> Result<(), WebhookError> {
        let uri: Option<Uri> = receiver.url.parse().ok();
        let is_web = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
        if !uri.as_ref().is_some_and(is_web) {
            return Err(WebhookError::BadUrl(receiver.url));
        }
        let way = self.way_to_receivers()?;
        let place = self.set_receiver(vendor, Some(receiver))?;
        let task = tokio::spawn(run(self.clone(), vendor.to_owned(), place, way));
        self.employ(place, Some(task.abort_handle()));
        Ok(())
    }

    /// Removes the receiver of a vendor's webhooks. Queued messages keep waiting.
    pub fn remove_receiver(&self, vendor: &str) -> Result<(), WebhookError> {
        let place = self.set_receiver(vendor, None)?;
        self.employ(place, None);
        Ok(())
    }
}

/// Delivers batches as they become due, until it is aborted: one batch after another, and the copies of a batch at
/// once.
async fn run(sandbox: Sandbox, vendor: String, place: usize, way: Way) {
    let mut posted = sandbox.posted();
    loop {
        posted.mark_unchanged();
        let (epoch, batches) = sandbox.due(place);
        for batch in batches {
            let delivery =
                Delivery { credentials: Credentials::Valid, test: false, app_id: None, messages: batch.messages };
            let copies = (0..batch.copies).map(|_| send(&way, &sandbox, &vendor, delivery.clone()));
            let receipts = futures::future::join_all(copies).await;
            let taken = receipts.iter().flatten().any(Receipt::is_taken);
            sandbox.delivered(place, epoch, batch.number, taken);
        }
        let deadline = sandbox.next_delivery(place);
        let wait = async {
            match deadline {
                Some(moment) => sandbox.wait_until(moment).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = posted.changed() => if changed.is_err() { return },
            () = wait => {}
        }
    }
}

/// The webhook dispatchers of a sandbox, one for each vendor that has a receiver. They are aborted when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct WebhookDispatchers(Vec<Option<AbortHandle>>);

impl WebhookDispatchers {
    /// Replaces the dispatcher of a vendor, and aborts the old one.
    pub(crate) fn replace(&mut self, place: usize, webhook_dispatcher: Option<AbortHandle>) {
        if self.0.len() <= place {
            self.0.resize(place + 1, None);
        }
        if let Some(earlier) = std::mem::replace(&mut self.0[place], webhook_dispatcher) {
            earlier.abort();
        }
    }

    pub(crate) fn dismiss(&mut self) {
        self.0.drain(..).flatten().for_each(|webhook_dispatcher| webhook_dispatcher.abort());
    }
}
