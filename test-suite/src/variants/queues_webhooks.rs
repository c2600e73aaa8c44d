//! Writes messages into a queue that outlives it, answers, and works on them a moment later.

use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

use super::Variant;
use crate::reference::{BackendBehaviour, Disk, Note};

pub(super) const VARIANT: Variant = Variant {
    name: "queues-webhooks",
    summary: "writes what the vendor delivers into a queue, answers, and works on it later",
    make: || Arc::new(QueuesWebhooks),
    adapt: |_| {},
};

struct QueuesWebhooks;

impl BackendBehaviour for QueuesWebhooks {
    fn keep<'t>(&'t self, disk: &'t Arc<Disk>, note: &'t Note) -> BoxFuture<'t, u16> {
        let (disk, note) = (disk.clone(), note.clone());
        // Nothing ends this but the whole program: it stands for a queue on disk with a worker of its own.
        tokio::spawn(async move {
            // Real time, as the deliveries are: the answer shall have left before the work begins.
            tokio::time::sleep(Duration::from_millis(5)).await;
            disk.keep(note);
        });
        Box::pin(async { 200 })
    }

    fn as_behaviour(&self) -> &dyn BackendBehaviour {
        self
    }
}
