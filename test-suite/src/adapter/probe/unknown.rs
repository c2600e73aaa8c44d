//! An order that nobody knows must be answered `unsupported`: else nobody knows what an answer of this adapter means.

use super::{Bench, Breach, Integrity};
use crate::adapter::{AdapterError, Order, Outcome};
use crate::driver::Halt;

/// What no adapter knows.
const NO_ORDER: &str = "an_order_that_nobody_knows";

pub(super) async fn probe(bench: &Bench, seen: &mut Integrity) -> Result<(), Halt> {
    let probed = bench.install(None).await?;
    probed.install.run(Order::Launch {}).await?;
    let answer = match probed.install.run_unknown(NO_ORDER).await {
        Ok(Outcome::Unsupported {}) => None,
        Ok(outcome) => Some(words(&outcome)),
        Err(AdapterError::Broken(why)) => Some(format!("so that the protocol is broken ({why})")),
        Err(error) => return Err(error.into()),
    };
    seen.breaches.extend(answer.map(|answer| Breach::TakesUnknown { answer }));
    probed.install.end().await?;
    Ok(())
}

/// An outcome as it is told.
pub(super) fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done { .. } => "`done`".to_owned(),
        Outcome::Failed { reason, .. } => format!("`failed`, because \"{reason}\""),
        Outcome::Unsupported {} => "`unsupported`".to_owned(),
    }
}
