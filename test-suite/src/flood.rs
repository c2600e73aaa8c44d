//! The end of a scenario whose subject asks its vendor without pause. The rule about floods judges it; here it is only
//! stopped, so that the run goes on.

use standin_contracts::history::Subject;
use standin_contracts::rules::{Asker, Bursts, FLOOD};
use standin_mock_server::Sandbox;

/// Waits until somebody floods the vendor, where this subject is at work.
pub(crate) async fn flood(sandbox: &Sandbox, subject: Subject) -> Asker {
    let is_moved = !sandbox.is_running();
    let mut bursts = Bursts::new(is_moved, is_moved || subject == Subject::ClientBackend);
    let mut changed = sandbox.changed();
    let mut last = *changed.borrow_and_update();
    loop {
        if changed.changed().await.is_err() {
            return std::future::pending().await;
        }
        changed.borrow_and_update();
        for event in sandbox.history_after(last, usize::MAX) {
            last = event.seq;
            if let Some((asker, burst)) = bursts.observe(&event)
                && burst.count > FLOOD
            {
                return asker;
            }
        }
    }
}
