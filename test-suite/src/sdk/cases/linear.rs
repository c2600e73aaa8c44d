//! Checks that the mock's answers to concurrent requests are linearizable: a credential is consumed once, and a batch
//! is accepted once. A contradiction is a fault of the mock.

use std::collections::BTreeMap;
use std::sync::Arc;

use standin_contracts::contract::Contract;
use standin_contracts::history::{Event, Request, What};
use standin_contracts::protocol::{CommandName, Dedupe, Field, ReplyName};
use standin_mock_server::linear::{Timed, linearize};

/// How many operations on one thing are checked at most.
const MOST: usize = 64;

/// The credentials and batches whose answers contradict each other, in words; empty if there are none.
pub(super) fn contradictions(contract: &Contract, events: &[Arc<Event>]) -> Vec<String> {
    let mut things: BTreeMap<String, Vec<Timed<bool>>> = BTreeMap::new();
    let mut asked: BTreeMap<u64, (u64, &Request)> = BTreeMap::new();
    for event in events {
        match &event.event {
            What::Request(request) => {
                asked.insert(request.exchange, (event.seq, request));
            }
            What::Response(response) => {
                let Some((called, request)) = asked.remove(&response.exchange) else { continue };
                let Some((thing, took)) = response.reply.and_then(|reply| taken(contract, request, reply)) else {
                    continue;
                };
                things.entry(thing).or_default().push(Timed { called, returned: event.seq, done: took });
            }
            _ => {}
        }
    }
    let is_taken = |taken: &bool, took: &bool| (*took != *taken).then_some(true);
    let makes_sense =
        |history: &[Timed<bool>]| linearize(&history[..history.len().min(MOST)], false, is_taken).is_some();
    things.into_iter().filter(|(_, history)| !makes_sense(history)).map(|(thing, _)| thing).collect()
}

/// The credential or batch of a request, and whether this answer says that the request consumed it.
fn taken(contract: &Contract, request: &Request, reply: ReplyName) -> Option<(String, bool)> {
    let step = request.step.as_ref()?;
    match step.command {
        CommandName::CreateUser if contract.facts.credential.single_use.value => {
            let credential = request.placeholders.iter().find(|placeholder| placeholder.kind() == "credential")?;
            let took = match reply {
                ReplyName::UserCreated | ReplyName::UserRestored => true,
                ReplyName::CredentialSpent => false,
                _ => return None,
            };
            Some((credential.label.clone(), took))
        }
        CommandName::SubmitBatch if contract.facts.sync.dedupe.value == Dedupe::Batch => {
            let took = match reply {
                ReplyName::BatchAccepted => true,
                ReplyName::BatchAlreadyAccepted => false,
                _ => return None,
            };
            Some((format!("batch {} of {}", step.text(&Field::BatchId)?, request.install.as_ref()?), took))
        }
        _ => None,
    }
}
