//! New users with ids of all kinds: what the vendor doesn't take must not reach it, and nobody may become somebody else.

use super::{Need, Scenario};
use crate::backend_harness::BackendHarness;
use crate::driver::Halt;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "sign-up",
    summary: "new users sign up with plain and odd ids, and the apps of those who were taken ask",
    needs: &[Need::Call("sign_up")],
    play: |harness| Box::pin(play(harness)),
};

/// The ids that they want: two that differ in case alone, and others that many a contract doesn't take.
const WANTED: &[&str] =
    &["newcomer1", "NEWCOMER1", "", "名前", "Zoë", "two words", " blanks around ", "a/b?c#d", "-", "<b>\"'</b>"];
/// More characters than most contracts allow.
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
