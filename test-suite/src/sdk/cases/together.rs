//! Concurrent steps in a reproducible order. Every request is held at the vendor until all branches have got as far
//! as they can. Then one held request goes on.

use futures::future::try_join_all;
use standin_mock_server::fault::{Fault, Hold, Moment};
use standin_mock_server::{FaultId, FaultSpec, When};

use super::play::{Player, name};
use super::step::SdkStep;
use crate::driver::Halt;

/// The number of requests to hold: all.
const ALL: u64 = u64::MAX;

/// One step of a branch, with the credential that was obtained for it beforehand.
struct Act<'s> {
    step: &'s SdkStep,
    credential: Option<String>,
}

pub(super) async fn together(player: &Player<'_>, branches: &[Vec<SdkStep>], order: &[usize]) -> Result<(), Halt> {
    let mut ready = Vec::new();
    for branch in branches {
        ready.push(prepared(player, branch).await?);
    }
    let hold = FaultSpec::new(Fault::Hold(Hold { at: Moment::BeforeCommit })).when(When::Next(ALL));
    let hold = player.set(hold)?;
    player.harness.stop_time(true);
    let running = try_join_all(ready.iter().map(|branch| play(player, branch)));
    tokio::pin!(running);
    let mut next = order.iter().copied().chain(std::iter::repeat(0));
    let mut done = None;
    while done.is_none() {
        tokio::select! {
            biased;
            ended = &mut running => done = Some(ended),
            () = player.harness.rest() => {
                if !let_one_go(player, hold, &mut next) {
                    // The remaining steps wait for time to pass, or for nothing at all.
                    break;
                }
            }
        }
    }
    player.harness.sandbox().withdraw_fault(hold);
    player.harness.stop_time(false);
    match done {
        Some(ended) => ended?,
        None => player.harness.finish(&mut running, None).await?.unwrap_or(Ok(Vec::new()))?,
    };
    player.harness.quiesce().await
}

/// Obtains the credentials for the branch's creations. No backend is asked afterwards.
async fn prepared<'s>(player: &Player<'_>, branch: &'s [SdkStep]) -> Result<Vec<Act<'s>>, Halt> {
    let mut acts = Vec::new();
    for step in branch {
        let credential = match step {
            SdkStep::Create { user, .. } => player.credential(*user).await?,
            SdkStep::CreateAgain { .. } => player.last_credential(),
            _ => None,
        };
        acts.push(Act { step, credential });
    }
    Ok(acts)
}

async fn play(player: &Player<'_>, branch: &[Act<'_>]) -> Result<(), Halt> {
    for Act { step, credential } in branch {
        match step {
            SdkStep::Create { who, user, .. } | SdkStep::CreateAgain { who, user } => {
                let Some(install) = player.installs.get(*who) else { continue };
                let command = install.creation(&name(*user), credential.clone());
                install.run_as(&name(*user), command).await?;
            }
            // A sync is started and not awaited: it would wait for the held requests.
            SdkStep::SyncNow(who) => {
                let Some(install) = player.installs.get(*who) else { continue };
                install.run_if_able(crate::adapter::SdkCommand::SyncNow {}).await?;
            }
            step => player.at_install(step).await?,
        }
    }
    Ok(())
}

/// Releases the next held request; false if there is none.
fn let_one_go(player: &Player<'_>, hold: FaultId, next: &mut impl Iterator<Item = usize>) -> bool {
    let sandbox = player.harness.sandbox();
    let held = sandbox.held(hold);
    if held.is_empty() {
        return false;
    }
    sandbox.release_one(hold, held[next.next().unwrap_or(0) % held.len()]);
    true
}
