//! Writes messages to a queue that survives a restart, answers, and processes them a moment later.

use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

use super::Variant;
use crate::reference::{BackendBehaviour, Disk, Note};

pub(super) const VARIANT: Variant = Variant {
    name: "queues-webhooks",
    summary: "queues the vendor's messages, answers, and processes them later",
    make: || Arc::new(QueuesWebhooks),
    adapt: |_| {},
};

struct QueuesWebhooks;

impl BackendBehaviour for QueuesWebhooks {
    fn keep<'t>(&'t self, disk: &'t Arc<Disk>, note: &'t Note) -> BoxFuture<'t, u16> {
        let (disk, note) = (disk.clone(), note.clone());
        // The task survives the backend's restart. It stands for a queue on disk with a worker of its own.
        tokio::spawn(async move {
            // Real time, as for the deliveries: the answer must leave before the work begins.
            tokio::time::sleep(Duration::from_millis(5)).await;
            disk.keep(note);
        });
        Box::pin(async { 200 })
    }
}
