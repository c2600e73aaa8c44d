//! New users with ids of all kinds. An id that the vendor does not accept must not reach it, and no user may get
//! another user's id.

use super::{Need, Scenario};
use crate::backend_harness::BackendHarness;
use crate::driver::Halt;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "sign-up",
    summary: "new users sign up with plain and odd ids, and the apps of the accepted ones ask",
    needs: &[Need::Call("sign_up")],
    play: |harness| Box::pin(play(harness)),
};

/// The ids that they ask for: two that differ only in case, and others that many contracts do not accept.
const WANTED: &[&str] =
    &["newcomer1", "NEWCOMER1", "", "名前", "Zoë", "two words", " blanks around ", "a/b?c#d", "-", "<b>\"'</b>"];
/// A length of an id in characters that exceeds the limit of most contracts.
const LONG: usize = 300;

async fn play(harness: &BackendHarness) -> Result<(), Halt> {
    let long = "x".repeat(LONG);
    for (index, id) in WANTED.iter().copied().chain([long.as_str()]).enumerate() {
        let Some(newcomer) = harness.sign_up(&format!("newcomer-{index}"), id).await? else { continue };
        for call in harness.calls() {
            harness.ask_and_sign_in(call, &newcomer).await?;
        }
    }
    Ok(())
}
